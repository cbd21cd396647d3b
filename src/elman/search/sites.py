"""Sites: where a genome may change, and what stands above each of them.

A site is a node of the paper's graphs: an activation (tanh, sigmoid, relu, or Linear(a, u), that is
`W u + a u + b`) or an operation (+, -, *). A bias belongs to the sum that it stands in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from elman.graph import Node
from elman.graph.node import is_leaf, ordered

LINEAR = {"linear 0": 0.0, "linear 1": 1.0, "linear 0.9": 0.9, "linear 1.1": 1.1}
ACTIVATIONS = ("tanh", "sigmoid", "relu", *LINEAR)
OPERATIONS = ("mul", "add", "sub")
_SUMS = ("add", "sub")
_BY_SHARE = {share: name for name, share in LINEAR.items() if share}


class Site(NamedTuple):
    """A node that may change: `name` of its activation or operation, and what it is applied to."""

    node: Node
    name: str
    operands: tuple[Node, ...]

    @property
    def is_activation(self) -> bool:
        """Whether it is applied to one value, in the paper's sense."""
        return self.name in ACTIVATIONS


class Anatomy:
    """The sites of a graph, arguments first, and how often each node is read."""

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node]) -> None:
        self.readers = Counter(chain.from_iterable(map(attrgetter("args"), nodes)))
        self.readers.update(roots)
        self.sites = list(self._found(nodes))
        self.by_node = {site.node: site for site in self.sites}

    def _found(self, nodes: Sequence[Node]) -> list[Site]:
        inner: set[Node] = set()
        found: list[Site] = []
        for node in reversed(nodes):
            if not node.args or node in inner or node.op == "spread":
                continue
            if node.op in _SUMS and with_bias(node):
                continue
            site = _site(node)
            if site.is_activation and node.op == "add":
                inner |= {arg for arg in node.args if self.readers[arg] == 1 and not is_leaf(arg)}
                inner -= {site.operands[0]}
            found.append(site)
        return found[::-1]

    def ancestors(self, node: Node) -> list[Node]:
        """The values that a node stands on: sites, with their bias where nothing else reads them
        bare, input and states.
        """
        below = [other for other in ordered([node]) if other is not node]
        whole = {
            inner: other
            for other in below
            if (inner := with_bias(other)) and self.readers[inner] == 1
        }
        values = [
            whole.get(other, other)
            for other in below
            if other in self.by_node or other.op in ("state", "input")
        ]
        return list(dict.fromkeys(values))


def _site(node: Node) -> Site:
    if node.op == "linear" and not node.attribute[0]:
        return Site(node, "linear 0", (node.args[1],))
    if node.op == "add" and node.args[0].op == "linear" and not node.args[0].attribute[0]:
        operand, rest = node.args[0].args[1], node.args[1]
        if rest is operand:
            return Site(node, "linear 1", (operand,))
        if rest.op == "mul" and rest.args[0].op == "constant" and rest.args[1] is operand:
            name = _BY_SHARE.get(rest.args[0].value)
            if name:
                return Site(node, name, (operand,))
    return Site(node, node.op, node.args)


def with_bias(node: Node) -> Node | None:
    """What a bias is added to, if the node is such a sum."""
    if node.op not in _SUMS:
        return None
    left, right = map(is_bias, node.args)
    return None if left == right else node.args[0 if right else 1]


def is_bias(node: Node) -> bool:
    """Whether a node is a bias vector."""
    return node.op == "parameter" and len(node.shape) == 1 and node.name.startswith("b")
