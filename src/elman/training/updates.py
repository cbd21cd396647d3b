"""One update of the weights: learning rate, clipping, the optimizer, what is done about NaN.

In: a model whose gradients are there, and the progress from 0 to 1. Out: changed weights and the
norm of the gradients, or no change if a number was not finite. With Muon, the matrices of recurrent
layers go there, and all else to Adam.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from elman.layers.layer import Layer
from elman.training.adam import Adam
from elman.training.config import TrainingConfig
from elman.training.muon import Muon


def learning_rate(config: TrainingConfig, progress: float) -> float:
    """A straight rise during the warm-up, then half a cosine down to 0 at the end."""
    if progress < config.warmup:
        return config.lr * max(progress / config.warmup, 0.01)
    rest = (progress - config.warmup) / max(1 - config.warmup, 1e-9)
    return config.lr * 0.5 * (1 + math.cos(math.pi * min(1.0, rest)))


class Updates:
    """The optimizer of a model and its memory."""

    def __init__(self, model: nn.Module, config: TrainingConfig) -> None:
        self.config = config
        self.parameters = dict(model.named_parameters())
        hidden = _hidden(model) if config.optimizer == "muon" else dict[str, nn.Parameter]()
        self.muon = Muon(hidden, config.weight_decay, config.beta1)
        rest = {name: p for name, p in self.parameters.items() if name not in hidden}
        decayed = {name for name, parameter in rest.items() if _decays(name, parameter)}
        betas = config.beta1, config.beta2
        self.adam = Adam(rest, decayed, config.weight_decay, betas)
        self.norms: dict[str, torch.Tensor] = {}
        """Of each parameter's gradient at the last step, before clipping."""

    def apply(self, progress: float) -> float:
        """Change the weights by their gradients; the norm of these before clipping, in one number.

        If it is not finite, nothing is changed.
        """
        found = {name: p.grad for name, p in self.parameters.items() if p.grad is not None}
        gradients = list(found.values())
        # as `nn.utils.get_total_norm` does it, with the parts kept
        parts = torch._foreach_norm(gradients)  # pyright: ignore
        self.norms = dict(zip(found, parts, strict=True))
        norm = float(torch.linalg.vector_norm(torch.stack(parts))) if parts else 0.0
        if math.isfinite(norm):
            if norm > self.config.clip:
                for gradient in gradients:
                    gradient.mul_(self.config.clip / norm)
            rate = learning_rate(self.config, progress)
            self.adam.step(rate)
            self.muon.step(rate * self.config.muon_rate)
        for parameter in self.parameters.values():
            parameter.grad = None
        return norm

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What both remember, by name of parameter."""
        return self.muon.arrays() | self.adam.arrays()

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go back to what they remembered."""
        self.muon.restore(arrays)
        self.adam.restore(arrays)


def _hidden(model: nn.Module) -> dict[str, nn.Parameter]:
    """The matrices of recurrent layers, by their names in the model."""
    return {
        f"{path}.{name}" if path else name: parameter
        for path, module in model.named_modules()
        if isinstance(module, Layer)
        for name, parameter in module.named_parameters(recurse=False)
        if parameter.dim() == 2
    }


def _decays(name: str, parameter: nn.Parameter) -> bool:
    """Matrices do; biases, gains and the vectors of characters do not."""
    return parameter.dim() > 1 and not name.startswith("embedding")
