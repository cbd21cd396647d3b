"""What the commands that measure have in common: their options, and shapes such as `64,32,128`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elman.errors import ConfigError


@dataclass(frozen=True)
class Measuring:
    shapes: tuple[str, ...] = ()
    """Time steps, rows and units, such as 64,32,128; the input is as wide as the state."""
    seconds: float = 5.0
    """How long to measure each cell at each shape; at least seven rounds are taken."""
    threads: int | None = None
    """How many threads; as many as torch would take unless told otherwise."""
    save: Path | None = None
    """Keep the figures, with the machine and all versions, in this file or folder."""


def shapes(texts: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """T, B and H of every text; ConfigError for one that is not three numbers."""
    return tuple(map(_shape, texts))


def _shape(text: str) -> tuple[int, int, int]:
    try:
        steps, rows, units = map(int, text.split(","))
    except ValueError:
        raise ConfigError(
            f"a shape is T,B,H, three numbers such as 64,32,128, not {text!r}"
        ) from None
    return steps, rows, units
