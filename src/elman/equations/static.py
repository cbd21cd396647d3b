"""A cell that also sees something that stays the same: `W x` becomes `W x + V v`.

In: a cell. Out: the same equations with a static input v, and a matrix of its own for each matrix
that is applied to x, so that `h' = tanh(W x + U h + b)` becomes `h' = tanh(W x + V v + U h + b)`.
"""

from __future__ import annotations

from dataclasses import replace

from elman.equations.cell import Cell
from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Definition,
    Equations,
    Name,
    Negative,
)
from elman.equations.text import to_text
from elman.errors import EquationError


def with_static(cell: Cell) -> Cell:
    """The cell with `static v[F]`; EquationError if it has a v, or applies no matrix to x."""
    if "v" in cell.scope.statics:
        return cell
    names: dict[str, str] = {}

    def seen(node: Argument) -> Argument:
        match node:
            case Apply() if node.operand == Name("x") and not node.transposed:
                fresh = names.setdefault(node.matrix, _free(cell, node.matrix))
                return Binary("+", node, Apply(fresh, Name("v")))
            case Apply() | Negative():
                return replace(node, operand=seen(node.operand))  # pyright: ignore[reportArgumentType]
            case Binary() | Comparison():
                return replace(node, left=seen(node.left), right=seen(node.right))  # pyright: ignore[reportArgumentType]
            case Call():
                return replace(node, arguments=tuple(map(seen, node.arguments)))
            case _:
                return node

    statements = tuple(
        replace(one, value=seen(one.value)) if isinstance(one, Definition) else one  # pyright: ignore[reportArgumentType]
        for one in cell.equations.statements
    )
    if not names or "v" in cell.scope.kinds:
        raise EquationError(
            f"{cell.name} applies no matrix to x, or has a v of its own: write 'static v[F]' and "
            "where it is read into the equations"
        )
    text = to_text(Equations(statements, cell.equations.below))
    lines = text.split("\n")
    place = next(k for k, line in enumerate(lines) if line and not line.startswith("#"))
    return Cell("\n".join([*lines[:place], "static v[F]", *lines[place:]]), name=cell.name)


def _free(cell: Cell, matrix: str) -> str:
    """A name for the matrix of v beside that of x."""
    name = "V" + matrix[1:] if matrix[1:2] in ("", "_") else f"V_{matrix}"
    return name if name not in cell.scope.parameters else f"V_{matrix}"
