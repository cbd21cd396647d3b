"""A cell as boxes and wires, before anything has a place on the page.

A function and the sum inside it are one box, whose wires carry the matrices: of
`sigmoid(W x + U h + b)` the box is sigmoid, with two labeled wires and a note. Other sums and
products are boxes of their own; numbers and parameters in them are notes. Inputs and last states
are sources, next states and the output are sinks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from elman.equations.sizes import Understood
from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Name,
    Negative,
    walk,
)
from elman.equations.text import SIGN, expression_text

Kind = Literal["source", "function", "pointwise", "sink"]

MINUS, DIVIDED, TIMES = "\N{MINUS SIGN}", "\N{DIVISION SIGN}", "\N{CIRCLED DOT OPERATOR}"
SYMBOLS = {
    "sigmoid": "\N{GREEK SMALL LETTER SIGMA}",
    "<=": "\N{LESS-THAN OR EQUAL TO}",
    ">=": "\N{GREATER-THAN OR EQUAL TO}",
    "==": "=",
    "!=": "\N{NOT EQUAL TO}",
}
_BRANCHES = ("if", "then", "else")


@dataclass
class Box:
    """A box with `symbol` inside, `name` above and `notes` (biases, numbers) below.

    The symbol of a source or sink is a name, and `when` its step: `t-1`, `t` or nothing.
    """

    kind: Kind
    symbol: str
    when: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()
    ordered: bool = False  # whether it matters which wire comes first


@dataclass(frozen=True, eq=False)
class Wire:
    """A wire between two boxes, by number; `end` is the larger.

    `labels` are the matrices and vectors applied on the way, the last one first met; `mark` is
    said at the end: a minus sign, `then` ...
    """

    start: int
    end: int
    labels: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Flow:
    """Boxes and wires; the wires into a box are in the order in which the equation names them."""

    boxes: list[Box] = field(default_factory=list[Box])
    wires: list[Wire] = field(default_factory=list[Wire])


def flow_of(cell: Understood) -> Flow:
    """The boxes and wires of a cell."""
    return _Weaver(cell).woven()


@dataclass(frozen=True)
class _End:
    """A loose end: the box it comes from, what has been applied since, and what to say there."""

    box: int
    labels: tuple[str, ...] = ()
    mark: str = ""

    def through(self, label: str) -> _End:
        return _End(self.box, (label, *self.labels), self.mark)

    def marked(self, mark: str) -> _End:
        return _End(self.box, self.labels, mark)


class _Weaver:
    def __init__(self, cell: Understood) -> None:
        self.cell, self.flow = cell, Flow()
        self.known: dict[str, _End] = {}

    def woven(self) -> Flow:
        scope = self.cell.scope
        for name in scope.states:
            self.known[name] = self._join(Box("source", name, "t-1"))
        for name in (*scope.inputs, *scope.statics):
            if name in self._named():
                self.known[name] = self._join(Box("source", name, "t" * (name in scope.inputs)))
        for line in self.cell.equations.definitions:
            end, written = self._end(line.value), line.name + "'" * line.primed
            if not line.primed or (end.labels and written in self._named()):
                end = self._name(end, line.name)
            self.known[written] = end
        for name in scope.states:
            self._join(Box("sink", name, "t"), self.known[name + "'"])
        if "y" in scope.quantities:
            self._join(Box("sink", "y", "t"), self.known["y"])
        return self.flow

    def _named(self) -> set[str]:
        """What the right sides name."""
        lines = self.cell.equations.definitions
        parts = (part for line in lines for part in walk(line.value) if isinstance(part, Name))
        return {part.name + "'" * part.primed for part in parts}

    def _join(self, box: Box, *ends: _End) -> _End:
        """A new box with these wires into it, and its own end."""
        self.flow.boxes.append(box)
        number = len(self.flow.boxes) - 1
        self.flow.wires.extend(Wire(end.box, number, end.labels, end.mark) for end in ends)
        return _End(number)

    def _name(self, end: _End, name: str) -> _End:
        """The end with a name above its box; one that has no box for it gets one."""
        box = self.flow.boxes[end.box]
        if end.labels or box.name or box.kind == "source":
            end = self._join(Box("pointwise", "="), end)
        self.flow.boxes[end.box].name = name
        return end

    def _is_fixed(self, node: Argument) -> bool:
        """Whether parameters and numbers are all there is in it."""
        kinds = self.cell.scope.kinds
        names = [part.name for part in walk(node) if isinstance(part, Name)]
        return all(kinds[name] == "parameter" for name in names)

    def _end(self, node: Argument) -> _End:
        if self._is_fixed(node):
            text = expression_text(node)
            if text not in self.known:
                self.known[text] = self._join(Box("source", text))
            return self.known[text]
        match node:
            case Apply():
                transposed = "\N{MODIFIER LETTER CAPITAL T}" * node.transposed
                return self._end(node.operand).through(node.matrix + transposed)
            case Binary(sign="*" | "/"):
                return self._product(node)
            case Binary() | Negative():
                return self._sum(node)
            case Call():
                return self._call(node)
            case Comparison():
                return self._comparison(node)
            case _:
                return self.known[expression_text(node)]

    def _sum(self, node: Argument) -> _End:
        ends, notes = self._terms(node)
        if len(ends) > 1:
            return self._join(Box("pointwise", "+", notes=notes), *ends)
        (end,) = ends
        if end.mark:  # `1 - z`: the constant first
            first = " ".join(notes).removeprefix("+ ")
            return self._join(Box("pointwise", f"{first} {MINUS}".strip()), end.marked(""))
        return self._join(Box("pointwise", " ".join(notes)), end) if notes else end

    def _terms(self, node: Argument) -> tuple[list[_End], tuple[str, ...]]:
        """The terms of a sum, the negative ones marked, and the fixed ones as notes."""
        ends: list[_End] = []
        notes: list[str] = []
        for term, negative in _addends(node):
            if self._is_fixed(term):
                notes.append(f"{MINUS if negative else '+'} {expression_text(term)}")
            else:
                end = self._end(term)
                ends.append(end.marked(MINUS) if negative else end)
        return ends, tuple(notes)

    def _product(self, node: Argument) -> _End:
        ends: list[_End] = []
        fixed: list[str] = []
        for factor, below in _factors(node):
            if self._is_fixed(factor):
                text = expression_text(factor, SIGN)
                fixed.append(f"{DIVIDED} {text}" if below else f"{TIMES} {text}")
            else:
                end = self._end(factor)
                ends.append(end.marked(DIVIDED) if below else end)
        if len(ends) > 1:
            return self._join(Box("pointwise", TIMES, notes=tuple(fixed)), *ends)
        (end,) = ends
        if end.mark:  # `1 / h`
            first = " ".join(fixed).removeprefix(f"{TIMES} ")
            return self._join(Box("pointwise", f"{first} {DIVIDED}"), end.marked(""))
        return end.through(" ".join(_turned(text) for text in fixed))

    def _call(self, node: Call) -> _End:
        symbol = SYMBOLS.get(node.function, node.function)
        if len(node.arguments) == 1:
            ends, notes = self._terms(node.arguments[0])
            return self._join(Box("function", symbol, notes=notes), *ends)
        words = _BRANCHES if node.function == "where" else ("", "")
        pairs = list(zip(node.arguments, words, strict=True))
        notes = tuple(f"{w} {expression_text(a)}".strip() for a, w in pairs if self._is_fixed(a))
        ends = [self._end(a).marked(w) for a, w in pairs if not self._is_fixed(a)]
        ordered = node.function == "where"
        return self._join(Box("function", symbol, notes=notes, ordered=ordered), *ends)

    def _comparison(self, node: Comparison) -> _End:
        sign, left, right = SYMBOLS.get(node.sign, node.sign), node.left, node.right
        if self._is_fixed(right):
            return self._join(Box("pointwise", f"{sign} {expression_text(right)}"), self._end(left))
        if self._is_fixed(left):
            return self._join(Box("pointwise", f"{expression_text(left)} {sign}"), self._end(right))
        ends = self._end(left), self._end(right)
        return self._join(Box("pointwise", sign, ordered=True), *ends)


def _turned(factor: str) -> str:
    """A factor as it stands before what it applies to: `p` and the sign of the product."""
    sign, _, text = factor.partition(" ")
    return f"{text} {sign}" if sign == TIMES else factor


def _addends(node: Argument, negative: bool = False) -> Iterator[tuple[Argument, bool]]:
    """The terms of a sum, and whether each is subtracted."""
    match node:
        case Binary(sign="+" | "-"):
            yield from _addends(node.left, negative)
            yield from _addends(node.right, negative ^ (node.sign == "-"))
        case Negative():
            yield from _addends(node.operand, not negative)
        case _:
            yield node, negative


def _factors(node: Argument, below: bool = False) -> Iterator[tuple[Argument, bool]]:
    """The factors of a product, and whether each stands below the line."""
    if isinstance(node, Binary) and node.sign in "*/":
        yield from _factors(node.left, below)
        yield from _factors(node.right, below ^ (node.sign == "/"))
    else:
        yield node, below
