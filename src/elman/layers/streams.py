"""Streams: a long row of tokens as windows for truncated backpropagation, in a loop of one's own.

    for window in elman.streams(tokens, batch=32, window=64):
        y, state = layer(embed(window.inputs), state, reset=window.reset)
        ...
        state = state.detach()

Where the windows lie is decided in `data.streams`; here they become tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from elman import data
from elman.errors import ShapeError


class Window(NamedTuple):
    """One step's data, each (T, B): the target at [t, b] is the token after the input at [t, b].

    `reset` is true where a row begins again at the start of the text, for `reset=` of a layer.
    """

    inputs: Tensor
    targets: Tensor
    reset: Tensor


class Streams:
    """Endless windows; `position` counts those read, and may be set to go on where one was."""

    def __init__(self, windows: data.Streams) -> None:
        self._windows = windows

    @property
    def position(self) -> int:
        """How many windows have been read."""
        return self._windows.position

    @position.setter
    def position(self, position: int) -> None:
        self._windows.position = _counted("position", position, 0)

    @property
    def steps_per_pass(self) -> float:
        """Windows after which every token has been read once."""
        return self._windows.steps_per_pass

    def __iter__(self) -> Iterator[Window]:
        return self

    def __next__(self) -> Window:
        window = next(self._windows)
        reset = torch.zeros(window.inputs.shape, dtype=torch.bool, device="cpu")
        reset[0] = torch.from_numpy(window.reset)
        return Window(torch.from_numpy(window.inputs), torch.from_numpy(window.targets), reset)


def streams(tokens: Tensor | np.ndarray | Sequence[int], batch: int, window: int) -> Streams:
    """Endless windows (T, B) = (window, batch) of one row of tokens, for training.

    Each of `batch` rows reads on from window to window, spaced evenly over the text, and begins
    again at its start when the end is reached. Raises ShapeError unless `tokens` is one row of
    whole numbers, DataError if it is not longer than a window.
    """
    numbers = tokens.cpu().numpy() if isinstance(tokens, Tensor) else np.asarray(tokens)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ShapeError(
            f"tokens must be one row of whole numbers, not {numbers.dtype} of shape {numbers.shape}"
        )
    batch, window = _counted("batch", batch, 1), _counted("window", window, 1)
    return Streams(data.streams(numbers, batch, window))


def _counted(name: str, number: object, least: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
        raise ShapeError(f"{name} must be a whole number, {least} or more, not {number!r}")
    return int(number)
