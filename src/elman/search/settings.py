"""Settings: what is drawn at random for each training of a cell, and how wide its nets are.

After R. Jozefowicz, W. Zaremba and I. Sutskever, ICML 2015: the scale of the first weights, the
learning rate, the largest norm of a gradient. Their rates were for plain descent; ours are for
Adam, which learns within seconds what descent learns within hours.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from elman.axes import HIDDEN, INPUT
from elman.equations import Cell
from elman.errors import ConfigError

SCALES = (0.3, 0.7, 1.0, 1.4, 2.0, 2.8)  # of first weights, in units of 1 / sqrt(H)
RATES = (0.005, 0.007, 0.01, 0.014, 0.02, 0.028)  # of Adam
NORMS = (1.0, 2.5, 5.0, 10.0, 20.0)  # of gradients, at most


@dataclass(frozen=True)
class Setting:
    """One training's own choices."""

    scale: float
    rate: float
    norm: float

    def to_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)


def draw(random: np.random.Generator, number: int) -> list[Setting]:
    """So many settings, all different: none is tried twice."""
    every = len(SCALES) * len(RATES) * len(NORMS)
    if number > every:
        raise ConfigError(f"there are {every} settings, not {number}: ask for fewer")
    chosen = random.choice(every, size=number, replace=False)
    return [_setting(int(index)) for index in chosen]


def _setting(index: int) -> Setting:
    index, norm = divmod(index, len(NORMS))
    scale, rate = divmod(index, len(RATES))
    return Setting(SCALES[scale], RATES[rate], NORMS[norm])


def count(cell: Cell, units: int, layers: int, features: int, answers: int) -> int:
    """The parameters of a net: an embedding of `features`, the layers, and a readout of `answers`.

    Every layer reads as many numbers as it has units.
    """
    shapes = [parameter.shape for parameter in cell.parameters.values()]
    inner = sum(math.prod(units for _ in shape) for shape in shapes)
    return features * units + layers * inner + (units + 1) * answers


def units_for(cell: Cell, parameters: int, layers: int, features: int, answers: int) -> int:
    """The most units, at least 1, with which a net has at most so many parameters."""
    low, high = 1, max(2, parameters)
    while low < high:
        middle = (low + high + 1) // 2
        fits = count(cell, middle, layers, features, answers) <= parameters
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def squared(cell: Cell) -> bool:
    """Whether all its sizes are those of input and state, which a net makes equal."""
    return set(cell.step.sizes()) <= {INPUT, HIDDEN}
