"""Sequences of uneven length -> batches of their numbers, those of a batch about equally long.

Every pass has an order of its own, which follows from the seed and the number of the pass: a
position is one number, saved and restored exactly. Padding is the affair of `lengths=`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError

POOL = 50  # batches that are sorted by length together


class Batches:
    """Endless batches of up to `batch` of the sequences whose `lengths` are given."""

    def __init__(self, lengths: NDArray[Any] | list[int], batch: int, seed: int = 0) -> None:
        self.lengths, self.batch, self.seed = np.asarray(lengths), batch, seed
        if batch < 1 or not len(self.lengths):
            raise DataError(f"there is nothing to make batches of {batch} from: give more data")
        self.per_pass = -(-len(self.lengths) // batch)
        self.position = 0
        self._order: tuple[int, list[NDArray[np.int64]]] = (-1, [])

    @property
    def mean(self) -> float:
        """The mean sum of lengths of a batch."""
        return float(self.lengths.sum()) / self.per_pass

    def __next__(self) -> NDArray[np.int64]:
        number, at = divmod(self.position, self.per_pass)
        if self._order[0] != number:
            self._order = number, self._pass(number)
        self.position += 1
        return self._order[1][at]

    def _pass(self, number: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng((self.seed, number))
        order = rng.permutation(len(self.lengths))
        found = list[NDArray[np.int64]]()
        for start in range(0, len(order), POOL * self.batch):
            pool = order[start : start + POOL * self.batch]
            pool = pool[np.argsort(-self.lengths[pool], kind="stable")]
            found += [pool[k : k + self.batch] for k in range(0, len(pool), self.batch)]
        return [found[k] for k in rng.permutation(len(found))]

    def state(self) -> dict[str, int]:
        """What a checkpoint keeps: the position, and what it is a position in."""
        return {"position": self.position, "sequences": len(self.lengths), "batch": self.batch}

    def restore(self, state: dict[str, int]) -> None:
        """Go back to a saved state; DataError if it belongs to other data or another batch."""
        here = self.state()
        for name in ("sequences", "batch"):
            if state.get(name) != here[name]:
                raise DataError(
                    f"the saved position belongs to {name} = {state.get(name)}, here it is "
                    f"{here[name]}: resume with the same data and batch"
                )
        self.position = int(state["position"])


def by_length(lengths: NDArray[Any] | list[int], batch: int) -> list[NDArray[np.int64]]:
    """Every sequence once, longest first, in batches: for scoring."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    return [order[k : k + batch] for k in range(0, len(order), batch)]
