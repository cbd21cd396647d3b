"""The row table: where each row's steps lie, whatever the data's layout.

Rows are taken in order of falling length, so the rows that are still running at a step are the
first `active[t]`. Step t of row r is at place `start[r] + direction[r] * t` of the user's row
`order[r]`; `when[place]` says where that place begins in a packed or padded tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from elman.errors import ShapeError

Array = np.ndarray


@dataclass(frozen=True)
class Rows:
    """Facts about a batch of sequences; arrays of int64, `reset` of bool (T, B) or None."""

    steps: int
    rows: int
    active: Array
    offset: Array
    when: Array
    start: Array
    direction: Array
    order: Array
    length: Array
    reset: Array | None = None
    packed: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """The first two axes of a sequence: (T, B), or (items, 1) where steps are packed."""
        return (int(self.length.sum()), 1) if self.packed else (self.steps, self.rows)

    @property
    def whole(self) -> bool:
        """Whether every row runs from the first step to the last."""
        return bool((self.length == self.steps).all())


@lru_cache(maxsize=64)
def full(steps: int, rows: int, backwards: bool = False) -> Rows:
    """Every row has every step."""
    return table([steps] * rows, steps, backwards=backwards)


def table(
    lengths: Sequence[int],
    steps: int | None = None,
    *,
    backwards: bool = False,
    reset: Array | None = None,
    when: Array | None = None,
) -> Rows:
    """The table of rows of given lengths, in any order, 0 allowed.

    `backwards` runs each row from its last step to its first. `reset[t, b]` puts the state of row b
    back to its start before step t. `when` gives the beginning of each step in packed data.
    """
    wanted = np.asarray(lengths, dtype=np.int64)
    steps = int(wanted.max(initial=0)) if steps is None else steps
    if wanted.size and (wanted.min() < 0 or wanted.max() > steps):
        raise ShapeError(f"lengths must lie between 0 and {steps}, got {wanted.tolist()}")
    order = np.argsort(-wanted, kind="stable")
    length = wanted[order]
    # two entries more than steps: tables are read one step beyond the end and never used there
    active = (length[None, :] > np.arange(steps + 2)[:, None]).sum(axis=1)
    offset = np.concatenate([[0], np.cumsum(active)[:-1]])
    places = np.arange(steps + 1) if when is None else np.append(when, 0)
    if reset is not None and reset.shape != (steps, wanted.size):
        raise ShapeError(f"reset must have shape {(steps, wanted.size)}, got {reset.shape}")
    return Rows(
        steps=steps,
        rows=int(wanted.size),
        active=active.astype(np.int64),
        offset=offset.astype(np.int64),
        when=places.astype(np.int64),
        start=np.maximum(length - 1, 0) if backwards else np.zeros_like(length),
        direction=np.full_like(length, -1 if backwards else 1),
        order=order.astype(np.int64),
        length=length,
        reset=None if reset is None else np.ascontiguousarray(reset, dtype=np.uint8),
        packed=when is not None,
    )
