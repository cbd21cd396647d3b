"""One long row of tokens -> windows [T, B], in order, so that the state can be carried across them.

Training: B heads read the text, spaced evenly; each reads on, window after window, and begins
again at the start when fewer tokens than a window are left. Where a head is depends on one
number, the steps done, so a position is saved and restored exactly. Evaluation (`whole`): every
token but the first is a target exactly once. The state itself belongs to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError


class Window(NamedTuple):
    """A step's data: the target at [t, b] is the token after the input at [t, b]."""

    inputs: NDArray[np.int64]  # [T, B]
    targets: NDArray[np.int64]  # [T, B]
    reset: NDArray[np.bool_]  # [B]: this row starts afresh, put its state back before the window
    counted: NDArray[np.bool_]  # [T, B]: false where `whole` pads; all true in training


class Streams:
    """Endless training windows, all [T, B] = [window, batch]; `position` counts those read.

    With N tokens there are K = (N - 1) // window windows, and head b starts at window b * K // B.
    One pass over the text takes K / B steps; fewer than `window` tokens at its end are never read.
    """

    def __init__(self, tokens: NDArray[Any], batch: int, window: int) -> None:
        _check(tokens, batch, window)
        self.tokens, self.batch, self.window = tokens, batch, window
        self.windows = (len(tokens) - 1) // window
        if not self.windows:
            raise DataError(
                f"{len(tokens):,} tokens do not fill a window of {window} and the one after it: "
                f"give a longer text or a window of at most {len(tokens) - 1}"
            )
        self.position = 0

    @property
    def steps_per_pass(self) -> float:
        """Steps in which the heads together read each window once."""
        return self.windows / self.batch

    def __iter__(self) -> Iterator[Window]:
        return self

    def __next__(self) -> Window:
        window = self.at(self.position)
        self.position += 1
        return window

    def at(self, position: int) -> Window:
        """The window of any step, without moving."""
        heads = np.arange(self.batch, dtype=np.int64) * self.windows // self.batch
        place = (position + heads) % self.windows
        index = place * self.window + np.arange(self.window, dtype=np.int64)[:, None]
        reset = (place == 0) | (position == 0)
        return _window(self.tokens, index, reset, np.ones(index.shape, np.bool_))

    def state(self) -> dict[str, int]:
        """What a checkpoint keeps: the position, and what it is a position in."""
        return {
            "position": self.position,
            "tokens": len(self.tokens),
            "batch": self.batch,
            "window": self.window,
        }

    def restore(self, state: dict[str, int]) -> None:
        """Go back to a saved state; DataError if it belongs to another text, batch or window."""
        here = self.state()
        for name in ("tokens", "batch", "window"):
            if state.get(name) != here[name]:
                raise DataError(
                    f"the saved position belongs to {name} = {state.get(name)}, here it is "
                    f"{here[name]}: resume with the same text, batch and window"
                )
        self.position = int(state["position"])


def streams(tokens: NDArray[Any], batch: int, window: int) -> Streams:
    """Endless windows of `tokens` [N] for training; DataError if N is not more than `window`."""
    return Streams(tokens, batch, window)


def whole(tokens: NDArray[Any], rows: int, window: int) -> Iterator[Window]:
    """Windows [at most `window`, rows] in which each of N - 1 targets is counted exactly once.

    `rows` = 1 is the definition: the state is carried from the first token to the last. With more
    rows, each reads one contiguous part (lengths differ by at most one); its first target is
    conditioned on the token before it alone. So the state starts afresh at rows - 1 more places,
    each of which costs a little more for a few tokens: report figures to compare with rows = 1.
    """
    _check(tokens, rows, window)
    targets = len(tokens) - 1
    if targets < 1:
        raise DataError(
            f"a held-out text needs at least 2 tokens and this has {len(tokens)}: give a longer one"
        )
    rows = min(rows, targets)
    edges = np.arange(rows + 1, dtype=np.int64) * targets // rows
    longest = int(np.diff(edges).max())
    for start in range(0, longest, window):
        steps = np.arange(start, min(start + window, longest), dtype=np.int64)[:, None]
        index = edges[:-1] + steps
        counted = index < edges[1:]
        reset = np.full(rows, start == 0)
        yield _window(tokens, np.minimum(index, targets - 1), reset, counted)


def _window(
    tokens: NDArray[Any],
    index: NDArray[np.int64],
    reset: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> Window:
    return Window(
        tokens[index].astype(np.int64), tokens[index + 1].astype(np.int64), reset, counted
    )


def _check(tokens: NDArray[Any], rows: int, window: int) -> None:
    if tokens.ndim != 1:
        raise DataError(f"tokens must be one row [N], not {tokens.ndim} axes: join them first")
    if rows < 1 or window < 1:
        raise DataError(f"batch ({rows}) and window ({window}) must be at least 1")
