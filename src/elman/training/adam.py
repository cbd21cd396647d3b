"""Adam, with a decay of the weights that is apart from the gradient, as one operation of torch.

D. P. Kingma and J. Ba, ICLR 2015; I. Loshchilov and F. Hutter, ICLR 2019. The numbers are those of
`torch.optim.AdamW(fused=True)`. That class itself is not made: doing so loads the whole compiler
of torch, which takes two seconds, more than a short training has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

EPSILON = 1e-8  # added to the root of the mean squared gradient
# one pass over the weights where a chain of operations takes ten
_UPDATE: Any = torch._fused_adamw_  # pyright: ignore
MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam:
    """Updates of named parameters, of which those in `decayed` shrink at every step."""

    def __init__(
        self,
        parameters: Mapping[str, nn.Parameter],
        decayed: set[str],
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        self.parameters, self.betas = dict(parameters), betas
        self.decay = {name: weight_decay if name in decayed else 0.0 for name in parameters}
        self.state: dict[str, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Change every parameter that has a gradient."""
        for decay in sorted(set(self.decay.values())):
            ready = {
                name: parameter
                for name, parameter in self.parameters.items()
                if parameter.grad is not None and self.decay[name] == decay
            }
            if not ready:
                continue
            for name in ready:
                if name not in self.state:
                    self.state[name] = _fresh(ready[name])
            states = [self.state[name] for name in ready]
            steps = [state["step"] for state in states]
            for step in steps:
                step += 1
            gradients = [p.grad for p in ready.values() if p.grad is not None]
            moments = [[state[moment] for state in states] for moment in MOMENTS]
            _UPDATE(
                list(ready.values()),
                gradients,
                *moments,
                [],
                steps,
                lr=lr,
                beta1=self.betas[0],
                beta2=self.betas[1],
                weight_decay=decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The moments by name of parameter, and how many updates there were."""
        return {
            f"adam.{kind}.{name}": kept.numpy()
            for name, state in self.state.items()
            for kind, kept in state.items()
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go back to saved moments."""
        for name in self.parameters:
            if f"adam.step.{name}" in arrays:
                self.state[name] = {
                    kind: torch.from_numpy(np.array(arrays[f"adam.{kind}.{name}"]))
                    for kind in (*MOMENTS, "step")
                }


def _fresh(parameter: nn.Parameter) -> dict[str, Tensor]:
    moments = {
        moment: torch.zeros_like(parameter, memory_format=torch.preserve_format)
        for moment in MOMENTS
    }
    return {**moments, "step": torch.zeros((), dtype=torch.float32)}
