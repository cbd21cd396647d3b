"""Muon: momentum that is made orthogonal before it changes a matrix.

A recurrent matrix is used at every step of the sequence, so its gradients pile up in few
directions; here every direction of an update is equally long. K. Jordan et al., "Muon: an optimizer
for hidden layers in neural networks", 2024; size of the update and decay after J. Liu et al., "Muon
is scalable for LLM training", arXiv:2502.16982, 2025, so that a learning rate means what it means
for Adam. In single precision throughout, and all matrices of one shape together, which is as fast
as bfloat16 where that has instructions and many times as fast where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SIZE = 0.2  # root mean square of an update of Adam's, about
# What is done to a singular value s, one after the other: a s + b s^3 + c s^5. Each is the best
# there is for the interval into which those before it lead (N. Amsel et al., "The Polar Express",
# arXiv:2505.16932, 2025): all of 0.003 to 1 comes within 0.2 of 1.
ITERATIONS = (
    (8.38367, -24.76591, 18.35708),
    (4.04342, -3.01140, 0.56951),
    (3.50557, -2.62665, 0.52572),
    (2.49012, -1.83428, 0.43683),
)


class Muon:
    """Updates of named matrices."""

    def __init__(
        self,
        matrices: Mapping[str, nn.Parameter],
        weight_decay: float = 0.0,
        beta: float = 0.9,
    ) -> None:
        self.weight_decay, self.beta = weight_decay, beta
        self._shapes: dict[torch.Size, dict[str, nn.Parameter]] = {}
        for name, matrix in matrices.items():
            self._shapes.setdefault(matrix.shape, {})[name] = matrix
        self.momentum = {
            name: torch.zeros_like(matrix, memory_format=torch.contiguous_format)
            for name, matrix in matrices.items()
        }

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Change every matrix that has a gradient."""
        for shape, matrices in self._shapes.items():
            ready = {name: p for name, p in matrices.items() if p.grad is not None}
            if not ready:
                continue
            ahead = [self._ahead(name, p) for name, p in ready.items()]
            scale = lr * SIZE * max(shape) ** 0.5
            for matrix, update in zip(ready.values(), orthogonal(torch.stack(ahead)), strict=True):
                matrix.mul_(1 - lr * self.weight_decay).sub_(update, alpha=scale)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The momentum of every matrix."""
        return {f"muon.momentum.{name}": kept.numpy() for name, kept in self.momentum.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go back to saved momentum."""
        for name, kept in self.momentum.items():
            kept.copy_(torch.from_numpy(np.array(arrays[f"muon.momentum.{name}"])))

    def _ahead(self, name: str, matrix: nn.Parameter) -> Tensor:
        """The momentum as it will be (Y. Nesterov, 1983)."""
        assert matrix.grad is not None
        kept = self.momentum[name].lerp_(matrix.grad, 1 - self.beta)
        return torch.lerp(matrix.grad, kept, self.beta)


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices [N, R, C] with the same singular vectors and singular values near 1.

    Those below 0.003 of the norm come out smaller; a matrix of zeros stays.
    """
    wide = matrices.mT if matrices.shape[1] > matrices.shape[2] else matrices
    x = wide / (wide.flatten(1).norm(dim=1)[:, None, None] + 1e-12)
    for a, b, c in ITERATIONS:
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if wide is not matrices else x
