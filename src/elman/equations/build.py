"""A cell in, its graph out: every expression becomes nodes of `elman.graph`.

Names and sizes are settled by now (`names`, `sizes`), so nothing can go wrong here.
"""

from __future__ import annotations

from elman.axes import HIDDEN, SCALAR
from elman.equations.functions import OVER_UNITS
from elman.equations.sizes import Understood
from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Definition,
    Name,
    Negative,
    Number,
)
from elman.graph import (
    Node,
    Output,
    Place,
    Step,
    apply,
    constant,
    linear,
    parameter,
    state,
    static,
    step_input,
)
from elman.graph.node import make
from elman.graph.ops import COMPARISONS

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def build(cell: Understood) -> Step:
    """The graph of one time step of a cell.

    Inputs are `x` and then the declared ones, states `h` and then the others, parameters in order
    of first appearance. The output is called `y`, whatever it was in the text. Quantities are the
    names defined without a prime. Places point into `cell.source`.
    """
    return _Builder(cell).step()


class _Builder:
    def __init__(self, cell: Understood) -> None:
        self.cell, self.scope = cell, cell.scope
        self.places: dict[Node, Place] = {}
        self.values: dict[str, Node] = {}  # by name, the next value of a state with its prime
        for name, kind in self.scope.kinds.items():
            if kind != "quantity":
                self.values[name] = self._leaf(name)

    def step(self) -> Step:
        for line in self.cell.equations.definitions:
            self._define(line)
        scope, values = self.scope, self.values
        output = scope.output.name + "'" * scope.output.primed
        following = (Output(name, "next", values[name + "'"]) for name in scope.states)
        return Step(
            name=self.cell.name,
            inputs=tuple(values[name] for name in scope.inputs),
            statics=tuple(values[name] for name in scope.statics),
            states=tuple(values[name] for name in scope.states),
            parameters=tuple(values[name] for name in scope.parameters),
            outputs=(Output("y", "output", _widened(values[output], HIDDEN)), *following),
            quantities={name: values[name] for name in scope.quantities},
            requires=self.cell.sizes.requires,
            places=self.places,
        )

    def _leaf(self, name: str) -> Node:
        shape = self.cell.sizes.shapes[name]
        size = shape[0] if shape else SCALAR
        match self.scope.kinds[name]:
            case "input":
                return step_input(name, size)
            case "static":
                return static(name, size)
            case "state":
                return state(name, size)
            case _:
                return parameter(name, shape)

    def _define(self, line: Definition) -> None:
        value = self._node(line.value)
        if line.primed:
            value = _widened(value, self.values[line.name].size)
        self.values[line.name + "'" * line.primed] = value

    def _node(self, tree: Argument) -> Node:
        node = self._made(tree)
        self.places.setdefault(node, tree.place)  # equal expressions share a node: the first place
        return node

    def _made(self, tree: Argument) -> Node:
        match tree:
            case Number():
                return constant(tree.value)
            case Name():
                return self.values[tree.name + "'" * tree.primed]
            case Apply():
                return linear(self.values[tree.matrix], self._node(tree.operand), tree.transposed)
            case Negative():
                return -self._node(tree.operand)
            case Binary():
                sign = _OPERATORS[tree.sign]
                return apply(sign, self._node(tree.left), self._node(tree.right))
            case Comparison():
                sign = COMPARISONS[tree.sign]
                return apply(sign, self._node(tree.left), self._node(tree.right))
            case Call():
                return self._called(tree)

    def _called(self, tree: Call) -> Node:
        if tree.function in OVER_UNITS:
            return OVER_UNITS[tree.function](self._node(tree.arguments[0]))
        arguments = [self._node(argument) for argument in tree.arguments]
        if tree.function == "where":
            arguments = _chosen(*arguments)
        return apply(tree.function, *arguments)


def _chosen(condition: Node, yes: Node, no: Node) -> list[Node]:
    """The arguments of `where`; a condition cannot be spread, so what it compares is."""
    size = next((node.size for node in (yes, no) if node.shape), SCALAR)
    if not condition.shape and size != SCALAR:
        left, right = condition.args
        condition = apply(condition.op, _widened(left, size), right)
    return [condition, yes, no]


def _widened(node: Node, size: str) -> Node:
    """The node as a vector: a single number is repeated for every unit."""
    return node if node.shape else make("spread", (node,), (size,))
