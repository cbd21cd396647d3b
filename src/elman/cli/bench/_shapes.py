"""Shapes on the command line: `64,32,128`."""

from __future__ import annotations

from collections.abc import Sequence

from elman.errors import ConfigError


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
