"""Whether a model of given sizes fits into this machine, answered before anything is made."""

from __future__ import annotations

import os
from math import prod

from elman.equations import Cell
from elman.errors import ConfigError

BYTES = 16  # of each number learned: itself, its gradient, two means of the optimizer


def check_room(cell: Cell, vocabulary: int, hidden: int, layers: int, embedding: int) -> None:
    """ConfigError if a language model of these sizes takes more memory than there is."""
    first = _numbers(cell, embedding or vocabulary, hidden)
    others = max(0, layers - 1) * _numbers(cell, hidden, hidden)
    size = vocabulary * (embedding + hidden + 1) + first + others
    if BYTES * size > (memory := _memory()):
        raise ConfigError(
            f"this model has {size:,} numbers to learn, which takes {BYTES * size / 1e9:,.0f} GB, "
            f"and this machine has {memory / 1e9:,.0f}: choose fewer units (--hidden), layers or "
            "a smaller --embedding"
        )


def _numbers(cell: Cell, features: int, units: int) -> int:
    """How many numbers a layer learns."""
    shapes = [parameter.shape for parameter in cell.parameters.values()]
    return sum(prod(features if size == "D" else units for size in shape) for shape in shapes)


def _memory() -> float:
    """Bytes of this machine's memory; infinity where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")
