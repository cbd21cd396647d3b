"""The functions of the language: the table of primitives, and three that are written with them."""

from __future__ import annotations

from collections.abc import Callable

from elman.graph import Node, apply, extent, total
from elman.graph.ops import FUNCTIONS as PRIMITIVES
from elman.graph.ops import OPS

EPSILON = 1e-5  # as torch's layer norm; it is added to the variance


def mean(vector: Node) -> Node:
    """The mean over the units, a scalar."""
    return total(vector) / extent(vector.size)


def layernorm(vector: Node) -> Node:
    """Mean 0 and variance 1 over the units, without gains (Ba et al. 2016, equation 4)."""
    centered = vector - mean(vector)
    return centered / apply("sqrt", mean(centered * centered) + EPSILON)


def rmsnorm(vector: Node) -> Node:
    """Mean square 1 over the units, without gains (Zhang and Sennrich 2019, equation 4)."""
    return vector / apply("sqrt", mean(vector * vector) + EPSILON)


# Over all units of one vector; every other function works element by element.
OVER_UNITS: dict[str, Callable[[Node], Node]] = {
    "layernorm": layernorm,
    "rmsnorm": rmsnorm,
    "mean": mean,
}

# How many arguments each takes.
FUNCTIONS: dict[str, int] = {
    **{name: OPS[name].arity for name in PRIMITIVES},
    **dict.fromkeys(OVER_UNITS, 1),
}
