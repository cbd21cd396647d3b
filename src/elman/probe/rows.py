"""Reading a long text in rows side by side, as if it were read in one go.

One row alone uses a fraction of the machine. So the text is cut into rows; each first reads the
stretch before its own part unseen, which brings it close to the state that it should start in. Then
every row whose start differs from where the row before it ended is read again from there, until
its states are those seen before. What is left at the seams is less than `TOLERANCE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.models import LanguageModel
from elman.models.evaluating import evaluating

WINDOW = 256  # characters of each row at a time: changes nothing but memory
RUN_UP = 256  # characters read unseen before a row
ROW = 2048  # characters of a row, at least
MOST_ROWS = 64
TOLERANCE = 1e-4  # of a state, relative above 1: a fifth of what float16 resolves

States = tuple[Tensor, ...]


@dataclass(frozen=True)
class Seen:
    """What a window of rows shows: `states` and `recorded` by name, (T, R, size) of each layer;
    `scores` (T, R, V); `places`: where in the text each row's first value belongs and how many.
    """

    states: Mapping[str, Sequence[Tensor]]
    recorded: Mapping[str, Sequence[Tensor]]
    scores: Tensor
    places: Sequence[tuple[int, int]]


@runtime_checkable
class Seer(Protocol):
    """Whoever wants to see."""

    def see(self, seen: Seen) -> None:
        """Take what a window shows; some places are shown again, and better, later."""
        ...


class Losses:
    """A seer of what each character costs: `values` (T,) float32, nats of character t foretold
    from those before it; NaN for the first.
    """

    def __init__(self, tokens: NDArray[Any], values: NDArray[np.float32] | None = None) -> None:
        self.tokens = torch.from_numpy(tokens.astype(np.int64))
        self.values = np.zeros(len(tokens), np.float32) if values is None else values
        self.values[:1] = np.nan

    def see(self, seen: Seen) -> None:
        """The places of a window."""
        self.take(seen.scores.log_softmax(-1), seen.places)

    def take(self, logs: Tensor, places: Sequence[tuple[int, int]]) -> None:
        """The same, from logarithms of probabilities (T, R, V)."""
        for row, (start, count) in enumerate(places):
            targets = self.tokens[start + 1 : start + count + 1]
            told = logs[: len(targets), row].gather(-1, targets[:, None])[:, 0]
            self.values[start + 1 : start + 1 + len(targets)] = -told.numpy()


@torch.no_grad()
def read_rows(
    model: LanguageModel,
    tokens: NDArray[Any],
    seer: Seer,
    record: tuple[str, ...] = (),
    *,
    rows: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> float:
    """Show `seer` the whole reading of tokens (T,) from the start state; the largest difference
    left at a seam. The model's mode is put back after.
    """
    with evaluating(model):
        return _Rows(model, tokens, seer, record, rows, progress).read()


class _Rows:
    def __init__(
        self,
        model: LanguageModel,
        tokens: NDArray[Any],
        seer: Seer,
        record: tuple[str, ...],
        rows: int | None,
        progress: Callable[[float], None] | None,
    ) -> None:
        self.model, self.seer, self.record = model, seer, record
        self.tokens = torch.from_numpy(tokens.astype(np.int64))
        count = min(rows or min(MOST_ROWS, max(1, len(tokens) // ROW)), len(tokens))
        self.edges = np.arange(count + 1, dtype=np.int64) * len(tokens) // count
        self.windows = -(-int(np.diff(self.edges).max()) // WINDOW)
        self.told, self.progress = 0, progress
        # the states after each window, of every row: where a second reading may stop
        self.marks: list[list[Tensor]] = []

    def read(self) -> float:
        starts = self._run_up()
        count = len(self.edges) - 1
        ends = [torch.empty_like(part) for part in starts]
        self.marks = [[torch.full_like(part, torch.nan) for part in starts]
                      for _ in range(self.windows)]  # fmt: skip
        self._read(torch.arange(count), starts, ends)
        while True:
            off = _apart([e[:, :-1] for e in ends], [s[:, 1:] for s in starts])
            late = torch.nonzero(off > TOLERANCE).flatten() + 1
            if not len(late):
                return float(off.max()) if count > 1 else 0.0
            for start, end in zip(starts, ends, strict=True):
                start[:, late] = end[:, late - 1]
            self._read(late, starts, ends)

    def _run_up(self) -> list[Tensor]:
        """The states in which the rows start, about: (L, R, size) each."""
        count = len(self.edges) - 1
        firsts = [part.clone() for part in _parts(self.model.zero_state(count))]
        length = min(RUN_UP, int(self.edges[1]))
        if count > 1:
            index = self.edges[1:-1] + np.arange(-length, 0)[:, None]
            _, last = self.model.read(self.tokens[torch.from_numpy(index)])
            for first, part in zip(firsts, _parts(last), strict=True):
                first[:, 1:] = part
        return firsts

    def _read(self, todo: Tensor, starts: list[Tensor], ends: list[Tensor]) -> None:
        """Read these rows from their starts, each until it does what was seen before."""
        state: States = tuple(part[:, todo] for part in starts)
        for window in range(self.windows):
            first = torch.from_numpy(self.edges)[todo] + window * WINDOW
            left = (torch.from_numpy(self.edges)[todo + 1] - first).clamp(0, WINDOW)
            state = self._window(first, left, state)
            marks = self.marks[window]
            moving = _apart(state, [mark[:, todo] for mark in marks]) > TOLERANCE
            for mark, part in zip(marks, state, strict=True):
                mark[:, todo] = part
            last = window == self.windows - 1
            for end, part in zip(ends, state, strict=True):
                if last:
                    end[:, todo] = part
            todo, state = todo[moving], tuple(part[:, moving] for part in state)
            if not len(todo):
                return

    def _window(self, first: Tensor, left: Tensor, state: States) -> States:
        """Read `left` (R,) characters from the places `first` (R,) on, and show them."""
        length = int(left.max())
        index = (first + torch.arange(length)[:, None]).clamp(max=len(self.tokens) - 1)
        lengths = None if bool((left == length).all()) else left
        model = self.model
        y, every, *recorded = model.recurrent(
            model.vectors(self.tokens[index]), _state(state), lengths=lengths,
            return_states="all", record=self.record,
        )  # fmt: skip
        names = list(model.cell.states)
        parts = _parts(every)  # each (L, T, R, size)
        states = {name: list(part) for name, part in zip(names, parts, strict=True)}
        shown = {name: list(part) for name, part in recorded[0].items()} if recorded else {}
        places = list(zip(first.tolist(), left.tolist(), strict=True))
        self.seer.see(Seen(states, shown, model.output(y), places))
        self._tell(int(left.sum()))
        at = (left - 1).clamp(min=0)
        rows = torch.arange(len(at))
        after = tuple(part[:, at, rows] for part in parts)
        if lengths is None:
            return after
        empty = (left == 0)[None, :, None]
        return tuple(torch.where(empty, old, new) for old, new in zip(state, after, strict=True))

    def _tell(self, count: int) -> None:
        self.told += count
        if self.progress is not None:
            self.progress(min(1.0, self.told / len(self.tokens)))


def _apart(one: Sequence[Tensor], other: Sequence[Tensor]) -> Tensor:
    """The largest difference of each row's states (L, R, size), relative above 1; infinite where
    either is not a number.
    """
    gaps = [
        ((a - b).abs() / b.abs().clamp(min=1)).nan_to_num(torch.inf).amax((0, 2))
        for a, b in zip(one, other, strict=True)
    ]
    return torch.stack(gaps).amax(0)


def _parts(state: Tensor | tuple[Tensor, ...]) -> States:
    return (state,) if isinstance(state, Tensor) else tuple(state)


def _state(parts: States) -> Tensor | States:
    return parts[0] if len(parts) == 1 else parts
