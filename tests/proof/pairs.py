"""Which operations are applied to which: the pairs (operation, operation, place) of a cell's text.

The table of all pairs is that of the writer (`LED`). A logarithm, a root and a divisor need what is
surely positive; what cannot be is left out of the table, and listed.
"""

from __future__ import annotations

from elman.equations import Cell, syntax
from proof.writer import LED

Pair = tuple[str, str, int]
SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}

# What is never known to be positive, whatever it is applied to.
UNSURE = {"product", "transposed", "layernorm", "rmsnorm", "neg", "sub", "sin", "cos", "log"}
PAIRS: frozenset[Pair] = frozenset(
    pair
    for pair in LED
    if not (pair[1] in UNSURE and (pair[0] in ("log", "sqrt") or pair[::2] == ("div", 1)))
)


def named(node: syntax.Argument) -> str:
    """What an expression does, in the words of the writer; nothing for a name or a number."""
    match node:
        case syntax.Apply():
            return "transposed" if node.transposed else "product"
        case syntax.Negative():
            return "neg"
        case syntax.Binary():
            return SIGNS[node.sign]
        case syntax.Call():
            return node.function
        case _:
            return ""


def pairs(cell: Cell) -> set[Pair]:
    """The pairs of the table that a cell's text has."""
    found: set[Pair] = set()
    for line in cell.equations.definitions:
        for node in syntax.walk(line.value):
            for place, part in enumerate(_places(node)):
                found.add((named(node), named(part), place))
    return found & PAIRS


def _places(node: syntax.Argument) -> tuple[syntax.Argument, ...]:
    """The arguments of an operation; `where` is applied to the two sides of its condition too."""
    if isinstance(node, syntax.Call) and node.function == "where":
        return (*syntax.parts(node.arguments[0]), *node.arguments[1:])
    return syntax.parts(node)
