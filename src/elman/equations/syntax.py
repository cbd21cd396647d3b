"""The syntax tree of a cell: what its text says, before names and sizes are looked at.

Trees are frozen and compare by what they say, not by where it stands: `place` is left out.
`parse` makes them from text, `text` prints them back, `names` and `build` give them meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from elman.graph import Place

NOWHERE = Place(0, 0, 0)


@dataclass(frozen=True)
class Placed:
    """Something that stands somewhere in the text."""

    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Number(Placed):
    """A constant, zero or more; a minus sign before it is a `Negative`."""

    value: float


@dataclass(frozen=True)
class Name(Placed):
    """A quantity, an input, a parameter, or a state: `h` the last value, `h'` (primed) the next."""

    name: str
    primed: bool = False


@dataclass(frozen=True)
class Apply(Placed):
    """A matrix, or its transpose, applied to what follows it: `W x`, `W^T h`, `U (r * h)`."""

    matrix: str
    operand: Expression
    transposed: bool = False


@dataclass(frozen=True)
class Call(Placed):
    """A function of its arguments; only the first argument of `where` is a comparison."""

    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Comparison(Placed):
    """`left < right` and its five sisters."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Negative(Placed):
    """`-operand`."""

    operand: Expression


@dataclass(frozen=True)
class Binary(Placed):
    """`left + right`, and `-`, `*`, `/`: element by element."""

    sign: str
    left: Expression
    right: Expression


Expression = Number | Name | Apply | Call | Negative | Binary
Argument = Expression | Comparison


@dataclass(frozen=True)
class Definition(Placed):
    """`r = ...`, or `h' = ...` for the next value of a state; `place` is that of the name.

    `above` holds the comment lines (and "" for an empty line) before it, `note` the comment
    behind it.
    """

    name: str
    value: Expression
    primed: bool = False
    above: tuple[str, ...] = field(default=(), kw_only=True)
    note: str = field(default="", kw_only=True)


Kind = Literal["state", "input", "static", "param"]


@dataclass(frozen=True)
class Declared(Placed):
    """One name of a declaration: `W[R, D]`, `b_f = 1`; sizes None when they are not written."""

    name: str
    sizes: tuple[str, ...] | None = None
    initial: float | str | None = None


@dataclass(frozen=True)
class Declaration:
    """`param p_i, p_f`: a kind and the names it declares."""

    kind: Kind
    names: tuple[Declared, ...]
    above: tuple[str, ...] = field(default=(), kw_only=True)
    note: str = field(default="", kw_only=True)


Statement = Definition | Declaration


@dataclass(frozen=True)
class Equations:
    """The statements of a cell in order; `below` holds the comment lines after the last."""

    statements: tuple[Statement, ...]
    below: tuple[str, ...] = ()

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The equations, without the declarations."""
        return tuple(line for line in self.statements if isinstance(line, Definition))

    def declared(self, kind: Kind) -> tuple[Declared, ...]:
        """The names declared as one kind, in order."""
        lines = [line for line in self.statements if isinstance(line, Declaration)]
        return tuple(name for line in lines if line.kind == kind for name in line.names)


def parts(node: Argument) -> tuple[Argument, ...]:
    """What a node is made of, from left to right."""
    match node:
        case Apply() | Negative():
            return (node.operand,)
        case Binary() | Comparison():
            return (node.left, node.right)
        case Call():
            return node.arguments
        case Number() | Name():
            return ()


def walk(node: Argument) -> Iterator[Argument]:
    """The node and everything in it, from left to right."""
    waiting: list[Argument] = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(parts(node))
