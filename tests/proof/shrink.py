"""A smaller trial that still fails: a small delta debugger for cells.

`shrink` takes a failing trial and a question (does it still fail?), and tries changes that make it
smaller until none is left: plainer calls, smaller shapes, fewer lines, and expressions replaced by
something within them or by a number. Every change is kept that still fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from elman.equations import Cell, syntax
from elman.equations.text import to_text
from elman.errors import ElmanError
from proof.trial import Trial

Fails = Callable[[Trial], bool]
MOST = 400  # questions; each costs two compilations
PLAIN = {
    "history": False, "backwards": False, "lengths": None, "resets": 0.0, "dropout": 0.0,
    "spread": False, "partly": False, "zeros": False,
}  # fmt: skip


def operations(cell: Cell) -> int:
    """How many operations the equations of a cell hold."""
    nodes = (node for line in cell.equations.definitions for node in syntax.walk(line.value))
    return sum(not isinstance(node, syntax.Name | syntax.Number) for node in nodes)


def shrink(trial: Trial, fails: Fails) -> Trial:
    """The smallest failing trial that single changes lead to."""
    asked, moved = 0, True
    while moved and asked < MOST:
        moved = False
        for smaller in _smaller(trial):
            asked += 1
            if asked >= MOST:
                break
            if fails(smaller):
                trial, moved = smaller, True
                break
    return trial


def _smaller(trial: Trial) -> Iterator[Trial]:
    """Every trial that is one change smaller, the largest changes first."""
    for name, plain in PLAIN.items():
        if getattr(trial, name) != plain:
            yield replace(trial, **{name: plain})
    for text in _texts(trial.cell):
        try:
            cell = Cell(text, name=trial.cell.name)
            cell.step  # noqa: B018
        except ElmanError:
            continue
        yield replace(trial, cell=cell)
    for axis, size in enumerate(trial.shape):
        for less in sorted({1, size // 2, size - 1}):
            if 0 < less < size and not (axis < 2 and trial.lengths):
                yield replace(trial, shape=(*trial.shape[:axis], less, *trial.shape[axis + 1 :]))


def _texts(cell: Cell) -> Iterator[str]:
    """The cell without a line, then with an expression replaced by something smaller."""
    lines = cell.equations.definitions
    for index, line in enumerate(lines):
        yield _written(cell, (*lines[:index], *lines[index + 1 :]))
        for value in _less(line.value):
            changed = replace(line, value=value)
            yield _written(cell, (*lines[:index], changed, *lines[index + 1 :]))


def _less(node: syntax.Argument) -> Iterator[syntax.Argument]:
    """A node with one part of it, or itself, replaced by something within it or by a number."""
    parts = syntax.parts(node)
    if parts and not isinstance(node, syntax.Comparison):
        yield syntax.Number(0.5)
        within = (part for part in syntax.walk(node) if part is not node)
        yield from (part for part in within if not isinstance(part, syntax.Comparison))
    for place, part in enumerate(parts):
        for less in _less(part):
            yield _with(node, place, less)


def _with(node: syntax.Argument, place: int, part: syntax.Argument) -> syntax.Argument:
    """A node with another part at one place."""
    match node:
        case syntax.Call():
            arguments = (*node.arguments[:place], part, *node.arguments[place + 1 :])
            return replace(node, arguments=arguments)
        case syntax.Binary() | syntax.Comparison():
            return replace(node, **{("left", "right")[place]: part})
        case _:
            return replace(node, operand=part)


def _written(cell: Cell, lines: tuple[syntax.Definition, ...]) -> str:
    """The text of a cell with these equations, and the declarations that they need."""
    used = {name for line in lines for name in _names(line)}
    kept: list[syntax.Statement] = []
    for statement in cell.equations.statements:
        if isinstance(statement, syntax.Declaration):
            names = tuple(name for name in statement.names if name.name in used)
            kept += [replace(statement, names=names)] if names else []
    return to_text(syntax.Equations((*kept, *lines)))


def _names(line: syntax.Definition) -> Iterator[str]:
    yield line.name
    for node in syntax.walk(line.value):
        if isinstance(node, syntax.Name):
            yield node.name
        elif isinstance(node, syntax.Apply):
            yield node.matrix
