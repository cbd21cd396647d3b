"""How large everything is: sizes inferred by unification.

`D` (input) and `H` (state) are given by the layer, other letters by declarations. Element by
element, sizes must agree, a single number goes with any of them, and a matrix takes its columns to
its rows. What nothing constrains is `H`. Where `D` meets `H`, the cell requires D = H.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from elman.axes import HIDDEN, INPUT, SCALAR
from elman.equations.functions import OVER_UNITS
from elman.equations.names import Scope
from elman.equations.source import Source
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
    Number,
)
from elman.equations.text import expression_text

Shape = tuple[str, ...]

_AGREE = "sizes must agree here; a matrix takes one size to another"
_LONGEST_TOLD = 32


@dataclass(frozen=True)
class Sizes:
    """The shape of every input, state, parameter and quantity by name, and what must be equal.

    A shape is `()` for a single number, `("H",)` for a vector, `("H", "D")` for a matrix (rows,
    columns).
    """

    shapes: Mapping[str, Shape]
    requires: frozenset[tuple[str, str]]


class Understood(Protocol):
    """A cell with its names and sizes settled, as the builder and the printers see it."""

    @property
    def name(self) -> str: ...
    @property
    def equations(self) -> Equations: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def sizes(self) -> Sizes: ...


def infer_sizes(source: Source, equations: Equations, scope: Scope) -> Sizes:
    """The sizes of a cell; EquationError where two of them do not fit together."""
    solver = _Solver(source, scope)
    for definition in equations.definitions:
        solver.define(definition)
    shapes = {
        name: tuple(solver.settled(size) for size in shape) for name, shape in solver.shapes.items()
    }
    return Sizes(shapes, frozenset(solver.requires))


class _Solver:
    """A size is a letter, or `?` and a name while it is open; `bound` says what it turned out."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source, self.scope = source, scope
        self.bound: dict[str, str] = {}
        self.requires: set[tuple[str, str]] = set()
        self.shapes = {
            name: self._shape(name) for name, kind in scope.kinds.items() if kind != "quantity"
        }

    def _shape(self, name: str) -> Shape:
        """What is known of a size before any equation is read."""
        declared = self.scope.declared.get(name)
        if declared and declared.sizes is not None:
            return declared.sizes
        if name == "x":
            return (INPUT,)
        if self.scope.kinds[name] == "state":
            return (HIDDEN,)
        return (f"?{name} rows", f"?{name} columns") if name[0].isupper() else (f"?{name}",)

    def define(self, line: Definition) -> None:
        """Read one equation."""
        size = self._size(line.value)
        if not line.primed:
            self.shapes[line.name] = () if size == SCALAR else (size,)
        elif size != SCALAR and not self._unify(size, self.shapes[line.name][0]):
            own, value = self._find(self.shapes[line.name][0]), self._find(size)
            fact = f"'{line.name}' has size {own}, and its next value has size {value}"
            raise self.source.error(fact, line.value.place, _AGREE)

    def settled(self, size: str) -> str:
        """The letter of a size; what nothing constrains is H."""
        size = self._find(size)
        return HIDDEN if size.startswith("?") else size

    def _find(self, size: str) -> str:
        while size in self.bound:
            size = self.bound[size]
        return size

    def _unify(self, one: str, other: str) -> bool:
        one, other = self._find(one), self._find(other)
        if one.startswith("?") and one != other:
            self.bound[one] = other
        elif other.startswith("?") and one != other:
            self.bound[other] = one
        elif {one, other} == {INPUT, HIDDEN}:
            self.requires.add((INPUT, HIDDEN))
            self.bound[INPUT] = HIDDEN
        return self._find(one) == self._find(other)

    def _size(self, node: Argument) -> str:
        match node:
            case Number():
                return SCALAR
            case Name():
                return next(iter(self.shapes[node.name]), SCALAR)
            case Apply():
                return self._applied(node)
            case Negative():
                return self._size(node.operand)
            case Call() if node.function in OVER_UNITS:
                return self._over_units(node)
            case Call():
                return self._joined(node, node.arguments)
            case Binary() | Comparison():
                return self._joined(node, (node.left, node.right))

    def _joined(self, node: Argument, operands: tuple[Argument, ...]) -> str:
        """The one size of operands that meet element by element."""
        joined, first = SCALAR, node
        for operand in operands:
            size = self._size(operand)
            if joined == SCALAR:
                joined, first = size, operand
            elif size != SCALAR and not self._unify(joined, size):
                self._misfit(node, (first, joined), (operand, size))
        return joined

    def _misfit(
        self, node: Argument, one: tuple[Argument, str], other: tuple[Argument, str]
    ) -> None:
        told = [f"{_told(part)} has size {self._find(size)}" for part, size in (one, other)]
        raise self.source.error(" and ".join(told), node.place, _AGREE)

    def _applied(self, node: Apply) -> str:
        size, shape = self._size(node.operand), self.shapes[node.matrix]
        rows, columns = reversed(shape) if node.transposed else shape
        if size == SCALAR:
            fact = f"{_told(node.operand)} is a single number; a matrix applies to a vector"
            raise self.source.error(
                fact, node.operand.place, "a product of numbers is written with *"
            )
        if not self._unify(size, columns):
            takes = f"'{node.matrix}{'^T' * node.transposed}' applies to size {self._find(columns)}"
            fact = f"{takes}, and {_told(node.operand)} has size {self._find(size)}"
            hint = "one name is one matrix: write another name for another matrix"
            raise self.source.error(fact, node.place, hint)
        return rows

    def _over_units(self, node: Call) -> str:
        size = self._size(node.arguments[0])
        if size == SCALAR:
            told = _told(node.arguments[0])
            fact = (
                f"{node.function} works over the units of a vector, and {told} is a single number"
            )
            raise self.source.error(fact, node.place, "give it a vector")
        return SCALAR if node.function == "mean" else size


def _told(node: Argument) -> str:
    """An expression in a message, cut short if it is long."""
    text = expression_text(node)
    if isinstance(node, Name) and node.primed:
        return text
    return f"'{text}'" if len(text) <= _LONGEST_TOLD else f"'{text[: _LONGEST_TOLD - 4]} ...'"
