"""Reading a search: its candidates, their parents, scores, tests and texts. No torch, no writing.

    search = SearchRun.find("runs/2026-11-26-search-7f3a")
    for candidate in search.candidates(): ...
    search.family(812)      # a cell and all that it comes from

Safe while the search runs: what a reader sees is what had been committed when it asked.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from elman.equations import Cell
from elman.errors import RunError
from elman.runs import find
from elman.search.plan import SEEDS, Plan

FILE = "search.sqlite"
FORMAT = 1
_COLUMNS = """
    t.turn, t.arm, t.kind, t.cell, t.text, t.fingerprint, t.parents, t.changes,
    r.outcome, r.memorization, r.score, r.parameters, r.attempts, r.finished, r.result
"""


@dataclass(frozen=True)
class Candidate:
    """One turn of a search and what came of it.

    `cell` is the number that names the cell, the turn in which it was born; `kind` is `seed`,
    `mutation`, `crossover`, `walk` (of the control) or `again` (new settings for an older cell);
    `arm` is `evolution` or `control`. `outcome` is None while it is under way; `score` is the worst
    ratio to the first seed over the tasks, None unless all of them were run. `changes` say what was
    mutated, as equations before and after. `finished` counts seconds of running search.
    """

    turn: int
    arm: str
    kind: str
    cell: int
    text: str
    fingerprint: str
    parents: tuple[int, ...]
    changes: tuple[str, ...]
    outcome: str | None = None
    memorization: float | None = None
    score: float | None = None
    parameters: int | None = None
    attempts: int = 0
    finished: float | None = None
    result: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_new(self) -> bool:
        """Whether the turn brought a cell that was not there before."""
        return self.kind != "again"

    @property
    def counts(self) -> bool:
        """Whether it is one of the candidates: new, compiled, and given its whole test."""
        return self.is_new and self.memorization is not None

    @property
    def accuracies(self) -> dict[str, float]:
        """The best accuracy in each task that was run."""
        return {name: float(found["best"]) for name, found in self.result.get("tasks", {}).items()}

    @property
    def seconds(self) -> dict[str, float]:
        """What each stage took: compile, memorization, and the tasks."""
        return self.result.get("seconds", {})


@dataclass(frozen=True)
class Fresh:
    """A winner trained anew: `score` from seeds that nothing was chosen by."""

    cell: int
    number: int
    score: float | None
    result: dict[str, Any]


@dataclass(frozen=True)
class SearchRun:
    """The search in `folder`. Each method looks at the disk anew."""

    folder: Path

    @classmethod
    def find(cls, name: str | Path) -> SearchRun:
        """The search that `name` means: a folder, its name in runs/, or the end of that."""
        folder = Path(name)
        if not (folder / FILE).is_file():
            folder = find(name).folder
        if not (folder / FILE).is_file():
            raise RunError(f"{folder} is not a search: it has no {FILE}")
        return cls(folder)

    def facts(self) -> dict[str, Any]:
        """What was noted when it began: format, plan, versions, and the seconds that it has run."""
        rows = self._rows("select key, value from facts")
        return {key: json.loads(value) for key, value in rows}

    def plan(self) -> Plan:
        """What it was told."""
        return Plan.from_json(self.facts().get("plan", {}))

    def candidates(self, after: int = -1) -> list[Candidate]:
        """Every turn later than `after`, in order, with its result if there is one."""
        rows = self._rows(
            f"select {_COLUMNS} from turns t left join results r on r.turn = t.turn"
            " where t.turn > ? order by t.turn",
            (after,),
        )
        return [candidate(row) for row in rows]

    def candidate(self, cell: int) -> Candidate:
        """The turn that a cell was born in; RunError if there is none."""
        rows = self._rows(
            f"select {_COLUMNS} from turns t left join results r on r.turn = t.turn"
            " where t.turn = ? and t.kind != 'again'",
            (cell,),
        )
        if not rows:
            raise RunError(f"{self.folder} has no cell {cell}: its best are shown by elman search")
        return candidate(rows[0])

    def cell(self, number: int) -> Cell:
        """A cell by its number."""
        return Cell(self.candidate(number).text, name=f"cell_{number}")

    def family(self, number: int) -> list[Candidate]:
        """A cell and all that it comes from, youngest first; `changes` say what each edge is."""
        found: dict[int, Candidate] = {}
        waiting = [number]
        while waiting:
            if (next_ := waiting.pop()) not in found:
                found[next_] = self.candidate(next_)
                waiting += found[next_].parents
        return sorted(found.values(), key=lambda one: -one.turn)

    def fresh(self) -> list[Fresh]:
        """Winners trained anew."""
        rows = self._rows("select cell, number, score, result from fresh order by cell, number")
        return [Fresh(cell, number, score, json.loads(r)) for cell, number, score, r in rows]

    def standing(self) -> tuple[int, tuple[int, float] | None]:
        """How many candidates there are, and the best cell with its score: what a list of searches
        shows, without reading every turn.
        """
        joined = "from turns t join results r on r.turn = t.turn"
        ((number,),) = self._rows(
            f"select count(*) {joined} where t.kind != 'again' and r.memorization is not null"
        )
        rows = self._rows(
            f"select {_COLUMNS} {joined} where r.outcome = 'done' or t.turn = 0 order by t.turn"
        )
        found = [candidate(row) for row in rows]
        ranked = best_cells(found) if found and found[0].turn == 0 else []
        return number, ranked[0] if ranked else None

    def bars(self) -> dict[str, float]:
        """The accuracy of the first seed in each task: a score of 1."""
        first = self.candidates()[:1]
        return first[0].accuracies if first else {}

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        address = f"file:{(self.folder / FILE).resolve().as_posix()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
                return list(connection.execute(query, values))
        except sqlite3.Error as error:
            raise RunError(f"{self.folder / FILE} cannot be read ({error})") from error


def is_search(folder: Path) -> bool:
    """Whether a run folder is that of a search."""
    return (folder / FILE).is_file()


def candidate(row: Sequence[Any]) -> Candidate:
    """A row of the journal as a value."""
    names = [field.name for field in fields(Candidate)]
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    lists = {name: tuple(json.loads(values[name])) for name in ("parents", "changes")}
    result = json.loads(values["result"]) if values["result"] else {}
    values |= {**lists, "attempts": values["attempts"] or 0, "result": result}
    return Candidate(**values)


def best_cells(candidates: Sequence[Candidate], arm: str | None = None) -> list[tuple[int, float]]:
    """(number, score) of every cell that ran all tasks, best first; of one side only with `arm`.

    The accuracy of a cell in a task is the best that it ever had.
    """
    bars = candidates[0].accuracies if candidates else {}
    best: dict[int, dict[str, float]] = {}
    arms = {one.cell: one.arm for one in reversed(candidates)}
    for one in candidates:
        if one.outcome == "done" and len(one.accuracies) == len(bars):
            own = best.setdefault(one.cell, {})
            for task, share in one.accuracies.items():
                own[task] = max(share, own.get(task, 0.0))
    scored = [(cell, worst_ratio(own, bars)) for cell, own in best.items()]
    chosen = [pair for pair in scored if arm is None or arms[pair[0]] == arm]
    return sorted(chosen, key=lambda pair: (-pair[1], pair[0]))


def worst_ratio(accuracies: dict[str, float], bars: dict[str, float]) -> float:
    """The score: the least of accuracy over bar."""
    return min((accuracies[task] / max(bar, 1e-9) for task, bar in bars.items()), default=0.0)


def seeds(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """The cells that a search began with."""
    yield from (one for one in candidates[: len(SEEDS)] if one.kind == "seed")
