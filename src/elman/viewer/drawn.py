"""What a seed draws of the data that a run never learned from, for the panels of its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.runs import Run
from elman.tasks.ten import chosen
from elman.viewer.answer import Asked
from elman.viewer.missing import NotHere
from elman.viewer.readings import Opened

WIDEST = 20  # beginnings of an answer that a beam search keeps
LONGEST_NUMBER = 9  # digits


@dataclass(frozen=True)
class Drawn:
    """A run of the task that was asked for, opened, with the seed of the query."""

    asked: Asked
    run: Run
    opened: Opened
    seed: int

    @classmethod
    def of(cls, asked: Asked, task: str) -> Drawn:
        """NotHere if the run is of another task."""
        run = asked.home.run(asked.path["run"])
        own = run.facts().get("task")
        if own != task:
            raise NotHere(f"{asked.path['run']} was trained on {own}, and this is for {task}")
        seed = asked.whole("seed", 0, 0, (1 << 31) - 1)
        return cls(asked, run, asked.home.readings.trained(run), seed)

    @property
    def beam(self) -> int:
        """How many beginnings of an answer are kept."""
        return self.asked.whole("beam", 5, 1, WIDEST)

    @property
    def items(self) -> Sequence[Any]:
        """All that was held out; DataError if it is gone."""
        return self.asked.home.readings.held_out(self.run)

    @property
    def numbers(self) -> list[int]:
        """The places of those drawn: the same that `elman evaluate --seed` shows."""
        return chosen(range(len(self.items)), self.seed)

    @property
    def one(self) -> Any:
        """The item whose number stands in the path; NotHere if there is none."""
        word = self.asked.path["number"]
        number = int(word) if word.isdecimal() and len(word) <= LONGEST_NUMBER else len(self.items)
        if number >= len(self.items):
            raise NotHere(f"there is no number {word}: {len(self.items):,} were held out")
        return self.items[number]

    def key(self, *more: object) -> tuple[object, ...]:
        """What tells one answer from another."""
        return (*more, self.run.folder, self.opened.step, self.seed)


def rounded(shares: NDArray[Any]) -> NDArray[np.float64]:
    """Shares to four places, which is how they are written as JSON."""
    return shares.astype(np.float64).round(4)
