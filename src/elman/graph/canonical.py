"""When two steps are one: a fingerprint in which names and the order of terms do not count.

Leaves get labels from where they stand instead of their names: a color for each, refined by what
reads it until nothing changes (as in the test of B. Weisfeiler and A. Leman, 1968), then, where
several still look alike, one of them is set apart and the rest refined again. The fingerprint is
that of the whole graph under these labels. So equal fingerprints mean equal steps; two equal steps
with leaves that look alike but are not interchangeable may, rarely, get different ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import blake2b

from elman.axes import HIDDEN, INPUT, SCALAR
from elman.graph.node import UNDECLARED, Node, is_leaf
from elman.graph.ops import OPS
from elman.graph.step import Output, Step

_SUMS = ("add", "sub", "neg")

Colors = dict[object, str]  # of declared leaves, and of size letters


def fingerprint(step: Step) -> str:
    """32 hexadecimal digits; the same for steps that differ in names and order only."""
    return _Canon(step).fingerprint()


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


class _Canon:
    def __init__(self, step: Step) -> None:
        self.step, self.nodes = step, step.nodes()
        self.arguments = {node: tuple(_arguments(node)) for node in self.nodes}
        leaves = (*step.inputs, *step.statics, *step.states, *step.parameters)
        self.leaves = tuple(dict.fromkeys(leaves))
        self.sizes = [size for size in step.sizes() if size not in (INPUT, HIDDEN, SCALAR)]

    def fingerprint(self) -> str:
        colors: Colors = dict.fromkeys(self.sizes, "size")
        colors |= {fixed: fixed for fixed in (INPUT, HIDDEN, SCALAR)}
        for leaf in self.leaves:
            colors[leaf] = _digest(leaf.op, len(leaf.shape), leaf in self.step.inputs[:1])
        colors = self._refined(colors)
        while alike := self._alike(colors):
            colors = self._refined({**colors, alike: _digest("set apart", colors[alike])})
        order = {color: index for index, color in enumerate(sorted(set(colors.values())))}
        return self._whole({item: str(order[color]) for item, color in colors.items()})

    def _alike(self, colors: Colors) -> object:
        """The first of several items that look alike, or None."""
        count = Counter(colors[item] for item in (*self.leaves, *self.sizes))
        several = sorted(color for color, number in count.items() if number > 1)
        items = (*self.leaves, *self.sizes)
        return next((item for item in items if several and colors[item] == several[0]), None)

    def _refined(self, colors: Colors) -> Colors:
        before = 0
        while (now := len(set(colors.values()))) > before:
            before, colors = now, self._refined_once(colors)
        return colors

    def _refined_once(self, colors: Colors) -> Colors:
        """Every color mixed with what reads the leaf, and with what its state becomes."""
        values = self._values(colors)
        seen: dict[Node, list[str]] = defaultdict(list)
        for output in self.step.outputs:
            owner = self._owner(output, colors)
            seen[output.node].append(_digest(output.role, owner))
        for node in reversed(self.nodes):
            if seen[node]:
                here = _digest(sorted(seen[node]), values[node])
                for place, arg in self.arguments[node]:
                    seen[arg].append(_digest(here, place))
        following = {o.name: values[o.node] for o in self.step.by_role("next")}
        new: Colors = {**colors}
        for leaf in self.leaves:
            becomes = following.get(leaf.name) if leaf.op == "state" else None
            shape = [colors[size] for size in leaf.shape]
            new[leaf] = _digest(colors[leaf], sorted(seen[leaf]), becomes, shape)
        for size in self.sizes:
            having = [leaf for leaf in self.leaves if size in leaf.shape]
            users = [(new[leaf], leaf.shape.index(size)) for leaf in having]
            new[size] = _digest(colors[size], sorted(users))
        return new

    def _owner(self, output: Output, colors: Colors) -> str:
        """The color of the state whose next value this is."""
        mine = (leaf for leaf in self.step.states if leaf.name == output.name)
        return next((colors[leaf] for leaf in mine if output.role == "next"), "")

    def _values(self, colors: Colors) -> dict[Node, str]:
        """What every node computes, leaves by their colors."""
        values: dict[Node, str] = {}
        for node in self.nodes:
            shape = [colors[size] for size in node.shape]
            if node.op == "extent":
                values[node] = _digest(node.op, colors[node.name])
            elif is_leaf(node) and node.op not in UNDECLARED:
                values[node] = colors[node]
            else:
                args = sorted((place, values[arg]) for place, arg in self.arguments[node])
                op = "add" if node.op in _SUMS else node.op
                values[node] = _digest(op, node.attribute, shape, args)
        return values

    def _whole(self, labels: Colors) -> str:
        """The graph, leaves by their labels."""
        values = self._values(labels)
        leaves = sorted(
            (leaf.op, labels[leaf], [labels[size] for size in leaf.shape]) for leaf in self.leaves
        )
        outputs = sorted(
            (out.role, self._owner(out, labels), values[out.node]) for out in self.step.outputs
        )
        return _digest(leaves, outputs)


def _arguments(node: Node) -> Iterator[tuple[int, Node]]:
    """The arguments with their places; all terms of a sum, all factors of a product are alike.

    The place of a term is 1 if it is subtracted, else 0.
    """
    if node.op in _SUMS:
        yield from _terms(node, 0)
    elif node.op == "mul":
        yield from ((0, factor) for factor in _factors(node))
    else:
        alike = node.op in OPS and OPS[node.op].commutes
        yield from ((0 if alike else index, arg) for index, arg in enumerate(node.args))


def _terms(node: Node, minus: int) -> Iterator[tuple[int, Node]]:
    if node.op not in _SUMS:
        yield minus, node
        return
    yield from _terms(node.args[0], minus ^ (node.op == "neg"))
    if len(node.args) == 2:
        yield from _terms(node.args[1], minus ^ (node.op == "sub"))


def _factors(node: Node) -> Iterator[Node]:
    if node.op == "mul":
        for arg in node.args:
            yield from _factors(arg)
    else:
        yield node
