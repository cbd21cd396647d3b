"""One thing to compute: a cell, a shape, and the numbers that every candidate gets.

A problem is a training step: forward over T steps of B rows, then the gradient of sum(y * seed)
with respect to the input and every parameter. Sizes are D = H throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import elman.cells
from elman.bench.rivals import RIVALS
from elman.derive import keep, reverse
from elman.equations import Cell
from elman.errors import ConfigError
from elman.kernels.cost import Cost, cost
from elman.kernels.stages import lower

Array = np.ndarray


def get(name: str) -> Cell:
    """The cell of that name on the shelf, if others have it too."""
    if name not in RIVALS:
        raise ConfigError(f"there is no benchmark of {name!r}: choose from {', '.join(RIVALS)}")
    return elman.cells.get(name)


@dataclass(frozen=True)
class Problem:
    """A cell and a shape; `x`, `seed` (T, B, H) and `parameters` are the same at every call."""

    cell: str
    steps: int
    rows: int
    units: int

    @property
    def sizes(self) -> dict[str, int]:
        """The number behind every size of the cell."""
        return {"D": self.units, "H": self.units}

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, B and H."""
        return self.steps, self.rows, self.units

    @cached_property
    def x(self) -> Array:
        """The input."""
        return _numbers(1, self.shape)

    @cached_property
    def seed(self) -> Array:
        """The gradient that arrives at the output."""
        return _numbers(2, self.shape)

    @cached_property
    def parameters(self) -> Mapping[str, Array]:
        """The parameters by the names of the equations, of the size at which layers start."""
        found = get(self.cell).parameters.values()
        return {
            parameter.name: _numbers(3 + number, tuple(self.sizes[s] for s in parameter.shape))
            * np.float32(0.5 / self.units**0.5)
            for number, parameter in enumerate(found)
        }

    @cached_property
    def operations(self) -> int:
        """Operations in the products of one training step."""
        return sum(cost.products for cost in self._costs) * self.steps * self.rows

    @cached_property
    def bytes(self) -> int:
        """Bytes that a training step cannot but move to and from memory once its batch is larger
        than the caches: input, output and the gradients of both, and what is kept for the way back,
        written and read. The input and the output are read again for the weights' gradients.
        """
        forward = self._costs[0]
        return (4 * 6 * self.units + 2 * forward.kept) * self.steps * self.rows

    @cached_property
    def _costs(self) -> tuple[Cost, Cost]:
        """Of one step of one row, forwards and backwards."""
        step = get(self.cell).step
        kept = keep(step, reverse(step))
        forward, back = (cost(lower(part), self.sizes) for part in (kept.forward, kept.adjoint))
        return forward, back


def _numbers(seed: int, shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
