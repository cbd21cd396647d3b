"""Nodes as text, in the signs of the cell language.

`names` says what a step's nodes are called; `Writer` writes an operation with its arguments by
name, and writes out those that have none. Whole pages are elsewhere (`graph.show`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import count

from elman.graph.node import Node, is_leaf
from elman.graph.ops import COMPARISONS
from elman.graph.step import Step

# How tightly an expression holds together; in a place that asks for more it gets parentheses.
LOOSE, SUM, PRODUCT, VALUE = range(4)

_SIGNS = {
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "mul": ("*", PRODUCT),
    "div": ("/", PRODUCT),
    **{op: (sign, LOOSE) for sign, op in COMPARISONS.items()},
}
_NAMED = ("parameter", "static", "input", "state")
_LONG = 32  # characters of an expression that is not to be written twice
_TRANSPARENT = ("spread", "copy")  # a number in every place, and the value itself


def number_text(value: float) -> str:
    """The shortest spelling of a number: `1`, `0.5`, `1e-5`."""
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(value).replace("e-0", "e-").replace("e+", "e")


def shape_text(name: str, shape: Iterable[str]) -> str:
    """A name with its sizes: `W[H, D]`, `b[H]`; a single number has none."""
    sizes = ", ".join(shape)
    return f"{name}[{sizes}]" if sizes else name


def names(step: Step) -> dict[Node, str]:
    """The names that the equations give: quantities, next values of states, other outputs.

    A value with two names keeps the first; leaves bring their own and are left out.
    """
    found: dict[Node, str] = {}
    following = {f"{output.name}'": output.node for output in step.by_role("next")}
    outputs = {o.name: o.node for o in step.outputs if o.role in ("output", "kept", "recorded")}
    for name, node in (*step.quantities.items(), *following.items(), *outputs.items()):
        if not is_leaf(node):
            found.setdefault(node, name)
    return found


class Writer:
    """Writes nodes as expressions; `known` holds the names of those that are not written out."""

    def __init__(self, known: Mapping[Node, str]) -> None:
        self.known = known

    def value(self, node: Node, around: int = LOOSE) -> str:
        """A node by its name, or written out, in parentheses if `around` holds tighter."""
        if node in self.known:
            return self.known[node]
        text, tightness = self._written(node)
        return text if tightness >= around else f"({text})"

    def operation(self, node: Node) -> str:
        """What a node computes, whether it has a name or not."""
        if node.op == "spread":
            return f"spread({self.value(node.args[0])})"
        return self._written(node)[0]

    def _written(self, node: Node) -> tuple[str, int]:
        if is_leaf(node):
            return leaf_text(node), VALUE if node.op != "constant" or node.value >= 0 else SUM
        if node.op in _TRANSPARENT:
            inner = node.args[0]
            return (self.known[inner], VALUE) if inner in self.known else self._written(inner)
        if node.op in ("linear", "products"):
            return self._products(node)
        if node.op == "outer":
            left, right = (self.value(arg, VALUE) for arg in node.args)
            return f"{left} {right}^T", PRODUCT
        if node.op == "neg":
            return f"-{self.value(node.args[0], PRODUCT)}", SUM
        if node.op in _SIGNS:
            return self._binary(node, *_SIGNS[node.op])
        return f"{node.op}({', '.join(map(self.value, node.args))})", VALUE

    def _products(self, node: Node) -> tuple[str, int]:
        parts: list[str] = []
        for index, transposed in enumerate(node.attribute):
            matrix, operand = node.args[2 * index : 2 * index + 2]
            sign = "^T" if transposed else ""
            parts.append(f"{self.value(matrix, VALUE)}{sign} {self.value(operand, VALUE)}")
        return " + ".join(parts), VALUE if len(parts) == 1 else SUM

    def _binary(self, node: Node, sign: str, own: int) -> tuple[str, int]:
        left, right = node.args
        if node.op == "add" and right.op == "neg" and right not in self.known:
            sign, right = "-", right.args[0]
        return f"{self.value(left, own)} {sign} {self.value(right, own + 1)}", own


def shared(step: Step, called: Mapping[Node, str], inline: Collection[Node]) -> dict[Node, str]:
    """Names for unnamed values that are read more than once: `t1`, `t2`.

    `inline` values go without one if they are as readable written out wherever they are read.
    """
    nodes = step.nodes()
    readers = Counter(arg for node in nodes for arg in node.args)
    readers.update(output.node for output in step.outputs)
    taken = {leaf.name for leaf in nodes if leaf.op in _NAMED} | set(called.values())
    free = (name for number in count(1) if (name := f"t{number}") not in taken)
    known, found = dict(called), dict[Node, str]()
    for node in nodes:
        if readers[node] < 2 or node in called or is_leaf(node) or node.op == "spread":
            continue
        if node not in inline or len(Writer(known).operation(node)) > _LONG:
            known[node] = found[node] = next(free)
    return found


def leaf_text(leaf: Node) -> str:
    """A leaf: its name, its number, `size(H)`, `mask(rate)` or `row_mask(rate)`."""
    if leaf.op == "constant":
        return number_text(leaf.value)
    if leaf.op == "extent":
        return f"size({leaf.name})"
    return f"{leaf.op}({number_text(leaf.value)})" if "mask" in leaf.op else leaf.name


def columns(rows: Iterable[tuple[str, ...]], gap: str = "  ") -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        gap.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def listed(words: Iterable[str], indent: int, width: int = 96) -> str:
    """Words side by side, in lines of at most `width` that begin below the first."""
    lines = [""]
    for word in words:
        if lines[-1] and indent + len(lines[-1]) + 2 + len(word) > width:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + word
    return ("\n" + " " * indent).join(lines)


def polynomial(shapes: Iterable[tuple[str, ...]]) -> str:
    """How many numbers shapes hold together: `3 D H + 3 H^2 + 4 H`, the largest powers first."""
    terms = Counter(tuple(sorted(shape)) for shape in shapes)
    order = sorted(terms, key=lambda sizes: (-len(sizes), sizes))
    return " + ".join(_monomial(terms[sizes], sizes) for sizes in order) or "0"


def _monomial(times: int, sizes: tuple[str, ...]) -> str:
    powers = [
        f"{size}^{power}" if power > 1 else size for size, power in sorted(Counter(sizes).items())
    ]
    return " ".join([*([str(times)] if times > 1 or not powers else []), *powers])


def bytes_text(number: float) -> str:
    """A number of bytes in the unit that suits it: `512 B`, `1.5 KiB`, `12 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:.0f} {unit}"
