"""The row table: where each row's steps lie, whatever the data's layout.

Rows are taken in order of falling length, so the rows that are still running at a step are the
first `active[t]`. Step t of row r is at place `start[r] + direction[r] * t` of the user's row
`order[r]`; `when[place]` says where that place begins in a packed or padded tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from torch import Tensor

from elman.errors import ShapeError

Array = np.ndarray
ADDRESSES = ("active", "when", "start", "direction", "order", "length", "reset")


@dataclass(frozen=True, eq=False)
class Rows:
    """Facts about a batch of sequences; arrays of int64, `reset` of bool (T, B) or None."""

    steps: int
    rows: int
    active: Array
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

    @cached_property
    def addresses(self) -> tuple[int, ...]:
        """Where the arrays of ADDRESSES begin in memory, 0 for none."""
        arrays: list[Array | None] = [getattr(self, name) for name in ADDRESSES]
        return tuple(0 if array is None else array.ctypes.data for array in arrays)

    @cached_property
    def whole(self) -> bool:
        """Whether every row runs from the first step to the last."""
        return bool((self.length == self.steps).all())

    @property
    def filled(self) -> bool:
        """Whether every place of a sequence belongs to a step of a row."""
        return self.whole or self.packed

    @cached_property
    def plain(self) -> bool:
        """Whether all rows run through all steps, forwards, without a reset."""
        forwards = bool((self.direction == 1).all())
        return self.whole and forwards and self.reset is None and not self.packed

    @cached_property
    def ends(self) -> int | None:
        """The step at which every row ends, where that is the same of all and nothing is packed."""
        if not self.whole or self.packed or not self.steps or self.reset is not None:
            return None
        if bool((self.direction == 1).all()):
            return self.steps - 1
        return 0 if bool((self.direction == -1).all()) else None

    @cached_property
    def empty(self) -> bool:
        """Whether some row has no step at all."""
        return bool(self.rows and self.length[-1] == 0)

    @cached_property
    def last(self) -> tuple[Array, Array, Array]:
        """Of each row that has a step, as they stand in the user's batch: its index there, and
        where its last step lies in a tensor with the axes of `shape`.
        """
        place = np.full_like(self.order, -1)
        ran = self.length > 0
        place[self.order[ran]] = (self.start + self.direction * (self.length - 1))[ran]
        rows = np.flatnonzero(place >= 0)
        return rows, *self.at(place[rows], rows)

    def at(self, place: Array, rows: Array) -> tuple[Array, Array]:
        """The indices of places of rows in a tensor with the axes of `shape`."""
        if self.packed:
            return self.when[place] + rows, np.zeros_like(rows)
        return place, rows


@lru_cache(maxsize=64)
def full(steps: int, rows: int, backwards: bool = False) -> Rows:
    """Every row has every step."""
    return table([steps] * rows, steps, backwards=backwards)


def table(
    lengths: Sequence[int] | Array,
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
        row = int(np.flatnonzero((wanted < 0) | (wanted > steps))[0])
        raise ShapeError(f"lengths must lie between 0 and {steps}, but row {row} has {wanted[row]}")
    order = np.argsort(-wanted, kind="stable")
    length = wanted[order]
    # two entries more than steps: tables are read one step beyond the end and never used there
    active = length.size - np.searchsorted(length[::-1], np.arange(steps + 2), side="right")
    places = np.arange(steps + 1) if when is None else np.append(when, 0)
    if reset is not None and reset.shape != (steps, wanted.size):
        raise ShapeError(f"reset must have shape {(steps, wanted.size)}, got {reset.shape}")
    return Rows(
        steps=steps,
        rows=int(wanted.size),
        active=active.astype(np.int64),
        when=places.astype(np.int64),
        start=np.maximum(length - 1, 0) if backwards else np.zeros_like(length),
        direction=np.full_like(length, -1 if backwards else 1),
        order=order.astype(np.int64),
        length=length,
        reset=None if reset is None else np.ascontiguousarray(reset, dtype=np.uint8),
        packed=when is not None,
    )


@dataclass(frozen=True, eq=False)
class Sequences:
    """What is known of a batch of sequences besides its numbers; makes its row tables.

    `lengths` (B,) int64, any order, 0 allowed; `reset` (T, B) bool; `sizes` (T,) int64 is given for
    packed data and says how many rows have a step t, rows in order of falling length. All of them
    are tensors on the CPU, or None.
    """

    steps: int
    rows: int
    lengths: Tensor | None = None
    reset: Tensor | None = None
    sizes: Tensor | None = None

    @property
    def whole(self) -> bool:
        """Whether every row has every step, one after the other."""
        return self.lengths is None and self.reset is None and self.sizes is None

    @cached_property
    def forwards(self) -> Rows:
        """The table of rows that run from their first step to their last."""
        return self._table(False)

    @cached_property
    def backwards(self) -> Rows:
        """The table of rows that run from their last step to their first."""
        return self._table(True)

    def _table(self, backwards: bool) -> Rows:
        if self.whole:
            return full(self.steps, self.rows, backwards)
        lengths = [self.steps] * self.rows if self.lengths is None else self.lengths.numpy()
        when = None
        if self.sizes is not None:
            sizes = self.sizes.numpy()
            when = np.cumsum(sizes) - sizes
            lengths = (sizes[None, :] > np.arange(self.rows)[:, None]).sum(axis=1)
        reset = None if self.reset is None else self.reset.numpy()
        if backwards and reset is not None:
            # a row that begins anew at t ends at t - 1: that is where the other direction begins
            reset = np.concatenate([reset[1:], np.zeros_like(reset[:1])])
        return table(lengths, self.steps, backwards=backwards, reset=reset, when=when)
