"""The searches of the folder: in short for the list, and all about one but its cells' equations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from elman.runs import Run
from elman.search.plan import SEEDS, Plan
from elman.search.read import Candidate, best_cells
from elman.search.report import ARMS, summary
from elman.viewer.answer import BINARY, Answer, Asked, Route
from elman.viewer.searches import name_of, standings

MOST = 100  # cells in the table
KINDS = ("seed", "mutation", "crossover", "walk", "again")
COLUMNS = (
    "turn", "cell", "arm", "kind", "outcome", "memorization", "score", "parameters", "seconds",
    "finished",
)  # fmt: skip


def in_short(asked: Asked, name: str, run: Run) -> dict[str, Any]:
    """What a list shows of a search; null where it is not known."""
    facts = run.facts()
    candidates, best = asked.home.searches.standing(run)
    return {
        "name": name,
        "status": run.status(),
        "candidates": candidates,
        "best": best[0] if best else None,
        "best_name": name_of(best[0]) if best else None,
        "score": best[1] if best else None,
        "created": facts.get("created"),
        "updated": facts.get("updated"),
        "finished": facts.get("finished"),
    }


def one(asked: Asked) -> dict[str, Any]:
    """How far it is, what became of its cells, the best ones, the verdict, and its settings."""
    name = asked.path["search"]
    run, search = asked.home.search(name)
    plan, turns, facts = search.plan(), search.candidates(), run.facts()
    return {
        **search.remembered("summary", turns, lambda: summary(search)),
        **in_short(asked, name, run),
        "run": name,
        "folder": str(run.folder),
        "error": run.error(),
        "turns": len(turns),
        "waiting": sum(one.outcome is None for one in turns),
        "tasks": plan.tasks,
        "mark": plan.mark,
        "gate": plan.gate,
        "seeds": [{"cell": cell, "name": seed} for cell, seed in enumerate(SEEDS)],
        "outcomes": {arm: outcomes(turns, arm) for arm in ARMS},
        "table": search.remembered("table", turns, lambda: table(turns)),
        "columns": COLUMNS,
        "codes": {"arm": ARMS, "kind": KINDS, "outcome": words(plan)},
        "command": facts.get("command", []),
        "versions": facts.get("versions", {}),
        "resumed": len(facts.get("resumed", [])),
        "config": {"search": plan.to_json()},
    }


def turns(asked: Asked) -> Answer:
    """Every turn later than `after` as float32, little endian, one column of `COLUMNS` after the
    other. Words are places in `codes` of the search; NaN stands for what is not known. The score
    is what the cell had reached by that turn.
    """
    _, search = asked.home.search(asked.path["search"])
    after = asked.whole("after", -1, -1)
    every = search.candidates()
    scores = [score for _, score in standings(every)]
    outcome = {word: place for place, word in enumerate(words(search.plan()))}
    rows = [
        (
            one.turn, one.cell, ARMS.index(one.arm), KINDS.index(one.kind),
            outcome.get(one.outcome or "", math.nan), _number(one.memorization),
            _number(scores[one.turn]), _number(one.parameters),
            sum(one.seconds.values()), _number(one.finished),
        )
        for one in every[after + 1 :]
    ]  # fmt: skip
    numbers = np.array(rows, "<f4").reshape(len(rows), len(COLUMNS)).T
    return Answer(np.ascontiguousarray(numbers).tobytes(), BINARY)


def words(plan: Plan) -> tuple[str, ...]:
    """What can become of a turn."""
    return ("done", "memorization", *plan.tasks, "uncompiled", "broken")


def outcomes(turns: list[Candidate], arm: str) -> Mapping[str, int]:
    """How many new cells of one side met which end; the seeds are on neither."""
    mine = [one for one in turns if one.arm == arm and one.is_new and one.kind != "seed"]
    return Counter(one.outcome or "waiting" for one in mine)


def table(turns: list[Candidate]) -> list[dict[str, Any]]:
    """The best cells, best first, with the best accuracies that each ever had."""
    best = {one.cell: own for one, (own, _) in zip(turns, standings(turns), strict=True)}
    return [
        {**born(turns[cell]), "score": score, "accuracies": best[cell]}
        for cell, score in best_cells(turns)[:MOST]
    ]


def born(one: Candidate) -> dict[str, Any]:
    """What is known of a cell from the turn it was born in."""
    return {
        "cell": one.cell,
        "name": name_of(one.cell),
        "arm": one.arm,
        "kind": one.kind,
        "parents": one.parents,
        "changes": one.changes,
        "outcome": one.outcome,
        "memorization": one.memorization,
        "parameters": one.parameters,
        "seconds": sum(one.seconds.values()) if one.result else None,
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


ROUTES = (
    Route("GET", "/searches/{search}.json", one),
    Route("GET", "/searches/{search}/turns.bin", turns),
)
