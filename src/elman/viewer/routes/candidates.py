"""One cell of a search: its equations beside those of the seeds, what it reached, its family."""

from __future__ import annotations

import re
import shlex
from typing import Any

from elman.equations import Cell
from elman.search.plan import SEEDS, Plan
from elman.search.read import Candidate
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.missing import NotHere
from elman.viewer.routes import cell, searches
from elman.viewer.searches import Remembered, name_of, standings

MOST = 50  # children in one answer
_NUMBER = re.compile(r"[0-9]{1,9}")


def candidate(asked: Asked) -> dict[str, Any]:
    """Everything about a cell of a search."""
    _, search = asked.home.search(asked.path["search"])
    own = found(search, asked.path["cell"])
    turns, plan = search.candidates(), search.plan()
    best: dict[int, tuple[dict[str, float], float]] = {
        one.cell: (shares, score)
        for one, (shares, score) in zip(turns, standings(turns), strict=True)
        if score is not None
    }
    scores = {number: score for number, (_, score) in best.items()}
    children = [one for one in turns if own.cell in one.parents]
    family = search.family(own.cell)
    return {
        **searches.born(own),
        "search": asked.path["search"],
        "score": scores.get(own.cell),
        "accuracies": best[own.cell][0] if own.cell in best else own.accuracies,
        "why": own.result.get("why"),
        "command": command(search, own.cell),
        "equations": cell.shown(as_cell(own)),
        "beside": [
            {"cell": one.cell, "name": name_of(one.cell), **cell.shown(as_cell(one))}
            for one in turns[: len(SEEDS)]
        ],
        "mark": plan.mark,
        "gate": plan.gate,
        "bars": search.bars(),
        "stages": stages(own, plan),
        "again": [
            {"turn": one.turn, "outcome": one.outcome, "accuracies": one.accuracies}
            for one in turns
            if one.cell == own.cell and not one.is_new
        ],
        "fresh": [one.score for one in search.fresh() if one.cell == own.cell],
        "family": [
            {**searches.born(one), "score": scores.get(one.cell), "text": one.text}
            for one in family
        ],
        "children": [
            {"cell": one.cell, "arm": one.arm, "score": scores.get(one.cell)}
            for one in sorted(children, key=lambda one: -scores.get(one.cell, -1.0))[:MOST]
        ],
        "children_count": len(children),
    }


def picture(asked: Asked) -> Answer:
    """One step of it as a picture; `steps` shows so many, unrolled."""
    _, search = asked.home.search(asked.path["search"])
    own = found(search, asked.path["cell"])
    steps = asked.whole("steps", 0, 0, 12)
    return Answer(as_cell(own).to_svg(steps).encode(), "image/svg+xml")


def found(search: Remembered, number: str) -> Candidate:
    """The cell of that number; NotHere if there is none."""
    if not _NUMBER.fullmatch(number):
        raise NotHere(f"there is no cell {number[:40]} in this search")
    return search.candidate(int(number))


def as_cell(one: Candidate) -> Cell:
    """A candidate as a cell; NotHere if its text was damaged."""
    return cell.read(one.text, name_of(one.cell).replace(" ", "_"))


def command(search: Remembered, number: int) -> list[str]:
    """What to type to train it."""
    place = shlex.quote(f"{search.folder}:{number}")
    return [f"elman cell {place} > mine.eq", "elman train text shakespeare --cell mine.eq"]


def stages(one: Candidate, plan: Plan) -> list[dict[str, Any]]:
    """What it went through in the turn it was born in, stage after stage: how well and how long it
    did, and with which settings. For a task, `all` are the accuracies with every setting.
    """
    rows: list[dict[str, Any]] = []
    for name, seconds in one.seconds.items():
        task = one.result.get("tasks", {}).get(name, {})
        tested = one.result if name == "memorization" else task
        shares = one.memorization if name == "memorization" else task.get("best")
        rows.append(
            {
                "stage": name,
                "seconds": seconds,
                "accuracy": shares,
                "all": task.get("accuracies", []),
                "setting": tested.get("setting"),
                "units": tested.get("units"),
                "parameters": tested.get("parameters"),
                "is_task": name in plan.tasks,
            }
        )
    return rows


ROUTES = (
    Route("GET", "/searches/{search}/cells/{cell}.json", candidate),
    Route("GET", "/searches/{search}/cells/{cell}.svg", picture),
)
