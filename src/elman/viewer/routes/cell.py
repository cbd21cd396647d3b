"""The cell of a run: its equations for the page, and its picture."""

from __future__ import annotations

from typing import Any

from elman.equations import Cell
from elman.equations.latex import rows
from elman.errors import EquationError
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.missing import NotHere


def cell(asked: Asked) -> dict[str, Any]:
    """Equations, a row of LaTeX each with every quantity marked, states, parameters, sizes."""
    return shown(_cell(asked))


def shown(found: Cell) -> dict[str, Any]:
    """A cell as the page shows it."""
    return {**found.to_json(), "rows": rows(found, mark=_mark)}


def picture(asked: Asked) -> Answer:
    """One step as a picture; `steps` shows so many, unrolled."""
    steps = asked.whole("steps", 0, 0, 12)
    return Answer(_cell(asked).to_svg(steps).encode(), "image/svg+xml")


def _cell(asked: Asked) -> Cell:
    run = asked.home.run(asked.path["run"])
    text = run.equations()
    if text is None:
        raise NotHere("this run has lost its equations (cell.eq): put the file back")
    return read(text, run.facts().get("cell") or "cell")


def read(text: str, name: str) -> Cell:
    """A text that was kept as a cell; NotHere if it is none any more."""
    try:
        return Cell(text, name=name)
    except EquationError as error:
        raise NotHere(f"the equations of this run cannot be read: {error}") from error


def _mark(name: str, kind: str, when: str, latex: str) -> str:
    """The symbol, with what it stands for, for the page to find under the pointer."""
    return f"\\htmlData{{name={name},kind={kind},when={when}}}{{{latex}}}"


ROUTES = (
    Route("GET", "/runs/{run}/cell.json", cell),
    Route("GET", "/runs/{run}/cell.svg", picture),
)
