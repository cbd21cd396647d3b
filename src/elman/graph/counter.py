"""Random bits from a counter: the same in NumPy, in torch and in compiled code.

Philox 4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011, section 3.3). The counter is (unit, row, step, stream) and the key the seed, so a
bit depends on *which* unit of which row at which step it is for, not on what was drawn before:
any number of threads, any batch around a row and any order of computation give the same mask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
EVERY_STEP = 0xFFFFFFFF  # in place of a step, for a mask that does not change with it
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox(words: tuple[np.ndarray, ...], seed: int) -> tuple[np.ndarray, ...]:
    """Four arrays of 32 random bits (as uint64) from four counter words and a 64-bit seed."""
    a, b, c, d = (np.asarray(word, dtype=np.uint64) & _LOW for word in words)
    key = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF]
    for _ in range(ROUNDS):
        first, second = a * np.uint64(MULTIPLIERS[0]), c * np.uint64(MULTIPLIERS[1])
        a, b, c, d = (
            (second >> _HALF) ^ b ^ np.uint64(key[0]),
            second & _LOW,
            (first >> _HALF) ^ d ^ np.uint64(key[1]),
            first & _LOW,
        )
        key = [(k + w) & 0xFFFFFFFF for k, w in zip(key, WEYL, strict=True)]
    return a, b, c, d


def stream_word(layer: int, direction: int, key: int) -> int:
    """The fourth counter word: which mask of which layer and direction."""
    return (layer & 0xFFFF) << 16 | (direction & 1) << 15 | key & 0x7FFF


def threshold(rate: float) -> int:
    """A unit is dropped if its 32 bits are below this."""
    return min(round(rate * 2**32), 2**32 - 1)


@dataclass(frozen=True)
class Stream:
    """Where in the random numbers a computation stands.

    `rows` are the original rows of the batch, `steps` the steps, broadcast against each other.
    """

    seed: int
    layer: int = 0
    direction: int = 0
    rows: np.ndarray | None = None
    steps: np.ndarray | None = None

    def at(self, step: int, rows: int) -> Stream:
        """The stream at one step for rows 0, 1, ..., rows - 1, unless rows were given."""
        which = np.arange(rows) if self.rows is None else self.rows
        return Stream(self.seed, self.layer, self.direction, which, np.asarray(step))

    def at_each(self, steps: int) -> Stream:
        """The stream at steps 0 to steps - 1 of the rows given: masks of (steps, rows, size)."""
        assert self.rows is not None
        return replace(self, rows=self.rows[None, :], steps=np.arange(steps)[:, None])

    def for_all_steps(self) -> Stream:
        """The stream of masks that are drawn once for a row."""
        return replace(self, steps=np.asarray(EVERY_STEP))

    def mask(self, rate: float, key: int, units: int) -> np.ndarray:
        """A mask of shape (..., units): 0 with probability `rate`, else 1 / (1 - rate)."""
        assert self.rows is not None and self.steps is not None
        rows, steps = np.broadcast_arrays(self.rows, self.steps)
        bits = philox(
            (
                np.arange(units),
                rows[..., None],
                steps[..., None],
                np.asarray(stream_word(self.layer, self.direction, key)),
            ),
            self.seed,
        )[0]
        return np.where(bits < np.uint64(threshold(rate)), 0.0, 1 / (1 - rate))
