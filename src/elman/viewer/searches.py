"""The searches of a folder, with what was read of each kept while the viewer runs.

The journal of a search only grows, so whoever looks again reads the turns that are new or had no
result when they were read. A list of searches reads less: how far each is, and its best cell.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elman.errors import RunError
from elman.runs import Run
from elman.search.plan import SEEDS
from elman.search.read import FILE, Candidate, SearchRun, worst_ratio
from elman.viewer.missing import NotHere

KEPT = 4  # searches; one of 10,000 turns takes about 60 MB
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Remembered(SearchRun):
    """A search whose turns stay here; each look adds what has come since the one before."""

    turns: list[Candidate] = field(default_factory=list[Candidate], compare=False, repr=False)
    made: dict[str, tuple[Stamp, Any]] = field(
        default_factory=dict[str, tuple[Stamp, Any]], compare=False, repr=False
    )
    lock: threading.RLock = field(default_factory=threading.RLock, compare=False, repr=False)

    def candidates(self, after: int = -1) -> list[Candidate]:
        """As `SearchRun.candidates`, and as quick as what is new is short."""
        with self.lock:
            waiting = (place for place, one in enumerate(self.turns) if one.outcome is None)
            known = next(waiting, len(self.turns))
            self.turns[known:] = super().candidates(known - 1)
            return self.turns[after + 1 :]

    def candidate(self, cell: int) -> Candidate:
        """The turn that a cell was born in; NotHere if there is none."""
        turns = self.candidates()
        if not (0 <= cell < len(turns) and turns[cell].is_new):
            raise NotHere(f"there is no cell {cell} in this search")
        return turns[cell]

    def remembered(self, name: str, turns: list[Candidate], make: Callable[[], Any]) -> Any:
        """What `make` makes of these turns, or what it made if nothing has come since."""
        results = sum(one.outcome is not None for one in turns)
        now = (*stamp(self.folder), len(turns), results)
        with self.lock:
            if name not in self.made or self.made[name][0] != now:
                self.made[name] = now, make()
            return self.made[name][1]


class Searches:
    """Searches by folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = OrderedDict[tuple[Path, int], Remembered]()
        self._standings = dict[Path, tuple[Stamp, tuple[int, tuple[int, float] | None]]]()

    def open(self, run: Run) -> Remembered:
        """The search in the folder of a run; NotHere if there is none."""
        try:
            file = (run.folder / FILE).stat().st_ino  # another one, if it was begun anew
        except OSError:
            raise NotHere(f"{run.name} is not a search") from None
        with self._lock:
            found = self._kept.setdefault((run.folder, file), Remembered(run.folder))
            self._kept.move_to_end((run.folder, file))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found

    def standing(self, run: Run) -> tuple[int | None, tuple[int, float] | None]:
        """Its candidates and its best cell with the score; None where the file cannot be read."""
        now = stamp(run.folder)
        known = self._standings.get(run.folder)
        if known is None or known[0] != now:
            try:
                known = now, SearchRun(run.folder).standing()
            except RunError:
                return None, None
            self._standings[run.folder] = known
        return known[1]


def stamp(folder: Path) -> Stamp:
    """Something else once anything was written to the journal or to its log."""
    found = list[int]()
    for name in (FILE, f"{FILE}-wal"):
        try:
            facts = (folder / name).stat()
            found += facts.st_ino, facts.st_mtime_ns, facts.st_size
        except OSError:
            found += (0, 0, 0)
    return tuple(found)


def standings(turns: list[Candidate]) -> Iterator[tuple[dict[str, float], float | None]]:
    """For each turn, the best accuracies of its cell up to there, and the score that they make:
    the last ones of a cell are those that `best_cells` ranks it by.
    """
    bars = turns[0].accuracies if turns else {}
    best: dict[int, dict[str, float]] = {}
    for one in turns:
        own = best.get(one.cell, {})
        if one.outcome == "done" and len(one.accuracies) == len(bars):
            both = {task: max(share, own.get(task, 0.0)) for task, share in one.accuracies.items()}
            own = best[one.cell] = both
            yield own, worst_ratio(own, bars)
        else:
            yield own or one.accuracies, None


def name_of(cell: int) -> str:
    """What a person calls a cell: the seeds have names, the others numbers."""
    return SEEDS[cell] if cell < len(SEEDS) else f"cell {cell}"
