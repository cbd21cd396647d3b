"""Node: one operation of a step's graph.

Nodes are pure mathematics. Two nodes with the same operation, arguments and attribute are the same
object, so common subexpressions are shared by construction and `is` is equality. What a *step*
knows about a node (its name, its place in the text, its role) is kept in the `Step`.

A value is a scalar `()`, a vector `("H",)` or a matrix `("H", "D")`; sizes are symbols. It belongs
to one row (sequence) at one time step.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

Shape = tuple[str, ...]
Attribute = tuple[str | float | int | bool, ...]


class Dependence(enum.IntEnum):
    """What a value depends on, from what changes least to what changes most."""

    PARAMETER = 0  # parameters and constants: the same for every row and step
    STATIC = 1  # an input that stays the same over one sequence
    INPUT = 2  # an input of the step
    STATE = 3  # the state: only this has to be computed in order of time


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Node:
    """An operation `op` on `args`; `attribute` holds what is not a node (a name, a constant)."""

    op: str
    args: tuple[Node, ...]
    shape: Shape
    attribute: Attribute = ()
    dependence: Dependence = field(default=Dependence.PARAMETER)

    @property
    def name(self) -> str:
        """The name of a leaf (an input, a state, a parameter)."""
        return str(self.attribute[0])

    @property
    def value(self) -> float:
        """The value of a constant."""
        return float(self.attribute[0])

    @property
    def size(self) -> str:
        """The symbol of a vector's size; `1` for a scalar."""
        return self.shape[0] if self.shape else "1"

    def __repr__(self) -> str:
        inner = [
            *map(str, self.attribute),
            *(arg.name if is_leaf(arg) else "…" for arg in self.args),
        ]
        return f"{self.op}({', '.join(inner)})"

    def __add__(self, other: Node | float) -> Node:
        return apply("add", self, other)

    def __radd__(self, other: float) -> Node:
        return apply("add", other, self)

    def __sub__(self, other: Node | float) -> Node:
        return apply("sub", self, other)

    def __rsub__(self, other: float) -> Node:
        return apply("sub", other, self)

    def __mul__(self, other: Node | float) -> Node:
        return apply("mul", self, other)

    def __rmul__(self, other: float) -> Node:
        return apply("mul", other, self)

    def __truediv__(self, other: Node | float) -> Node:
        return apply("div", self, other)

    def __rtruediv__(self, other: float) -> Node:
        return apply("div", other, self)

    def __neg__(self) -> Node:
        return apply("neg", self)


# Leaves that nobody declares: they follow from their attribute.
UNDECLARED = ("constant", "extent", "mask", "row_mask")

LEAVES: dict[str, Dependence] = {
    "constant": Dependence.PARAMETER,
    "extent": Dependence.PARAMETER,
    "parameter": Dependence.PARAMETER,
    "static": Dependence.STATIC,
    "input": Dependence.INPUT,
    "mask": Dependence.INPUT,
    "row_mask": Dependence.STATIC,
    "state": Dependence.STATE,
}

_known: WeakValueDictionary[object, Node] = WeakValueDictionary()
_lock = threading.Lock()


def is_leaf(node: Node) -> bool:
    """Whether the node has no arguments by its nature."""
    return node.op in LEAVES


def make(op: str, args: tuple[Node, ...], shape: Shape, attribute: Attribute = ()) -> Node:
    """The one node with this operation, arguments, shape and attribute."""
    typed = attribute and tuple((type(p).__name__, repr(p)) for p in attribute)  # 0.0 is not -0.0
    key = (op, tuple(map(id, args)), shape, typed)
    with _lock:
        node = _known.get(key)
        if node is None:
            own = LEAVES.get(op, Dependence.PARAMETER)
            dependence = max([own, *(arg.dependence for arg in args)])
            node = _known[key] = Node(op, args, shape, attribute, dependence)
    return node


def constant(value: float) -> Node:
    """A number; it needs no `spread` to meet a vector."""
    return make("constant", (), (), (float(value),))


def parameter(name: str, shape: Shape) -> Node:
    """A trained value: a scalar, a vector or a matrix of shape (out, in)."""
    return make("parameter", (), shape, (name,))


def state(name: str, size: str) -> Node:
    """The value of a state before this step."""
    return make("state", (), (size,), (name,))


def step_input(name: str, size: str) -> Node:
    """An input that changes with the step."""
    return make("input", (), (size,) if size != "1" else (), (name,))


def static(name: str, size: str) -> Node:
    """An input that stays the same over one sequence."""
    return make("static", (), (size,), (name,))


def extent(size: str) -> Node:
    """The number of units behind a size symbol, as a scalar."""
    return make("extent", (), (), (size,))


def mask(rate: float, key: int, size: str) -> Node:
    """A dropout mask: 0 with probability `rate`, else 1 / (1 - rate).

    Its bits come from a counter (seed, layer, direction, `key`, row, step, unit): see `counter`.
    """
    return make("mask", (), (size,), (float(rate), int(key)))


def row_mask(rate: float, key: int, size: str) -> Node:
    """A dropout mask that is the same at every step of a row."""
    return make("row_mask", (), (size,), (float(rate), int(key)))


def linear(matrix: Node, operand: Node, transposed: bool = False) -> Node:
    """The product of a matrix parameter of shape (out, in), or its transpose, with a vector."""
    out = matrix.shape[1 if transposed else 0]
    return make("linear", (matrix, operand), (out,), (bool(transposed),))


def outer(left: Node, right: Node) -> Node:
    """The matrix left right^T: what a product adds to the gradient of its matrix."""
    return make("outer", (left, right), (left.size, right.size))


def total(vector: Node) -> Node:
    """The sum over the units of a vector, a scalar."""
    return make("sum", (vector,), ()) if vector.shape else vector


def spread(scalar: Node, size: str) -> Node:
    """A scalar repeated for every unit."""
    if scalar.op == "constant" or size == "1":
        return scalar
    return make("spread", (scalar,), (size,))


def apply(op: str, *operands: Node | float) -> Node:
    """A pointwise operation; scalars are spread to the size of the vectors beside them."""
    args = [arg if isinstance(arg, Node) else constant(arg) for arg in operands]
    sizes = [arg.shape for arg in args if arg.shape]
    shape = sizes[0] if sizes else ()
    if shape:
        args = [arg if arg.shape else spread(arg, shape[0]) for arg in args]
    return _simple(op, args) or make(op, tuple(args), shape)


def _simple(op: str, args: list[Node]) -> Node | None:
    """The identities that keep derivatives readable; none of them can hide a NaN."""

    def is_(node: Node, value: float) -> bool:
        return node.op == "constant" and node.value == value

    match op, args:
        case "add", [a, b] if is_(a, 0) or is_(b, 0):
            kept = b if is_(a, 0) else a
        case "mul", [a, b] if is_(a, 1) or is_(b, 1):
            kept = b if is_(a, 1) else a
        case "mul", [a, b] if is_(a, -1) or is_(b, -1):
            kept = -(b if is_(a, -1) else a)
        case "sub" | "div", [a, b] if is_(b, 0 if op == "sub" else 1):
            kept = a
        case "sub", [a, b] if is_(a, 0):
            kept = -b
        case "neg", [a] if a.op == "neg":
            kept = a.args[0]
        case "neg", [a] if a.op == "constant":
            kept = constant(-a.value)
        case _:
            return None
    return kept


def ordered(roots: Iterable[Node]) -> Iterator[Node]:
    """Every node that the roots stand on, arguments before what uses them, each once."""
    done: dict[Node, bool] = {}  # whether a node has been told yet, of those that were seen
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        told = done.get(node)
        if told is None and node.args:
            done[node] = False
            stack += node.args[::-1]
            continue
        stack.pop()
        if not told:
            done[node] = True
            yield node
