"""Numbers brought to mean 0 and deviation 1, each by what it was in training.

In: what a frozen network saw. Out: the same numbers, of a size from which a decoder learns. Mean
and scale belong to the model and are kept with its weights.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

LEAST = 1e-3  # a number that hardly ever changes is not blown up


class Standard(nn.Module):
    """Vectors of `size` numbers; as they are, until `fit` has seen those of the training."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    @torch.no_grad()
    def fit(self, x: Float[Tensor, "... D"]) -> None:
        """Take mean and deviation of each number over all vectors."""
        rows = x.reshape(-1, x.shape[-1])
        self.mean.copy_(rows.mean(0))
        self.scale.copy_(rows.std(0, correction=0) + LEAST)

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """The numbers less their mean, by their deviation."""
        return (x - self.mean) / self.scale
