"""Bounds of what an expression can be, so that a random cell is defined wherever it is evaluated.

A bound is (low, high). Bounds of products and norms are what numbers drawn for the zoo make of
them, not what could be drawn: they keep values near one, and nothing is called positive by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Bound = tuple[float, float]

WIDE: Bound = (-4.0, 4.0)  # a norm of a few dozen units


def _rising(f: Callable[[float], float]) -> Callable[[Bound], Bound]:
    return lambda a: (f(a[0]), f(a[1]))


def _dipping(f: Callable[[float], float]) -> Callable[[Bound], Bound]:
    """silu and gelu rise but for a shallow dip left of zero."""
    return lambda a: (f(a[0]), f(a[1])) if a[0] >= 0 else (-0.3, max(f(a[1]), 0.0))


def _sine(a: Bound) -> Bound:
    if a[0] >= -1.5 and a[1] <= 1.5:
        return math.sin(a[0]), math.sin(a[1])
    if a[0] >= 0 and a[1] <= math.pi:
        return min(math.sin(a[0]), math.sin(a[1])), 1.0
    return -1.0, 1.0


def _cosine(a: Bound) -> Bound:
    inside = a[0] >= -1.5 and a[1] <= 1.5
    return (min(math.cos(a[0]), math.cos(a[1])), 1.0) if inside else (-1.0, 1.0)


def _absolute(a: Bound) -> Bound:
    far = max(abs(a[0]), abs(a[1]))
    return (0.0, far) if a[0] <= 0 <= a[1] else (min(abs(a[0]), abs(a[1])), far)


def _corners(f: Callable[[float, float], float]) -> Callable[[Bound, Bound], Bound]:
    def bound(a: Bound, b: Bound) -> Bound:
        found = [f(x, y) for x in a for y in b]
        return min(found), max(found)

    return bound


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


BOUNDS: dict[str, Callable[..., Bound]] = {
    "sigmoid": _rising(_sigmoid),
    "tanh": _rising(math.tanh),
    "relu": _rising(lambda x: max(x, 0.0)),
    "softplus": _rising(lambda x: math.log1p(math.exp(x))),
    "hard_sigmoid": _rising(lambda x: min(max(x / 6 + 0.5, 0.0), 1.0)),
    "silu": _dipping(lambda x: x * _sigmoid(x)),
    "gelu": _dipping(lambda x: x * (1 + math.erf(x / 2**0.5)) / 2),
    "exp": _rising(math.exp),
    "log": _rising(math.log),
    "sqrt": _rising(math.sqrt),
    "abs": _absolute,
    "sin": _sine,
    "cos": _cosine,
    "neg": lambda a: (-a[1], -a[0]),
    "add": _corners(lambda x, y: x + y),
    "sub": _corners(lambda x, y: x - y),
    "mul": _corners(lambda x, y: x * y),
    "div": _corners(lambda x, y: x / y),
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "where": lambda a, b: (min(a[0], b[0]), max(a[1], b[1])),
    "mean": lambda a: a,
    "layernorm": lambda a: WIDE,
    "rmsnorm": lambda a: WIDE,
    "product": lambda a: (-furthest(a), furthest(a)),
}


def furthest(a: Bound) -> float:
    """The largest magnitude within a bound."""
    return max(abs(a[0]), abs(a[1]))
