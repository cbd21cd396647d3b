"""The table of primitives: what each means, once.

A row gives a primitive's value, its partial derivatives (as graph expressions, written with the
result where that spares keeping an argument), its symbol, its range, and its price in units of one
multiplication. At ties and kinks the derivative is the one its row states.
Targets (`kernels.eager`, `kernels.llvm`) hold one line for each row; a test compares the tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from elman.graph.node import Node, apply, constant

Partials = Callable[[tuple[Node, ...], Node], tuple[Node | None, ...]]
Value = Callable[..., np.ndarray]
INF = math.inf


@dataclass(frozen=True)
class Op:
    """One primitive. `partials(args, result)` holds None where the derivative is zero."""

    name: str
    arity: int
    symbol: str
    value: Value
    partials: Partials
    range: tuple[float, float]
    price: float
    boolean: bool = False
    commutes: bool = False


def _where(condition: Node, yes: Node | float, no: Node | float) -> Node:
    return apply("where", condition, yes, no)


def _tie(a: Node, b: Node, wins: str) -> tuple[Node, Node]:
    """The shares of two rivals: all to the winner, half to each at a tie (as torch.maximum)."""
    share = _where(apply(wins, a, b), 1.0, _where(apply("eq", a, b), 0.5, 0.0))
    return share, 1.0 - share


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return (
        np.where(x >= 0, 1 / (1 + e), e / (1 + e)) if x.dtype.kind != "c" else 1 / (1 + np.exp(-x))
    )


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)))


def _silu_partials(a: tuple[Node, ...], y: Node) -> tuple[Node, ...]:
    s = apply("sigmoid", a[0])
    return (s + y * (1.0 - s),)


def _gelu_partials(a: tuple[Node, ...], y: Node) -> tuple[Node, ...]:
    x = a[0]
    bell = apply("exp", x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return (0.5 * (1.0 + apply("erf", x * math.sqrt(0.5))) + x * bell,)


def _bool_partials(a: tuple[Node, ...], y: Node) -> tuple[None, ...]:
    return (None,) * len(a)


ROWS: tuple[Op, ...] = (
    Op(
        "add",
        2,
        "+",
        np.add,
        lambda a, y: (constant(1), constant(1)),
        (-INF, INF),
        1,
        commutes=True,
    ),
    Op("sub", 2, "-", np.subtract, lambda a, y: (constant(1), constant(-1)), (-INF, INF), 1),
    Op("mul", 2, r"\odot", np.multiply, lambda a, y: (a[1], a[0]), (-INF, INF), 1, commutes=True),
    Op("div", 2, "/", np.divide, lambda a, y: (1.0 / a[1], -y / a[1]), (-INF, INF), 4),
    Op("neg", 1, "-", np.negative, lambda a, y: (constant(-1),), (-INF, INF), 1),
    Op("sigmoid", 1, r"\sigma", _sigmoid, lambda a, y: (y * (1.0 - y),), (0, 1), 16),
    Op("tanh", 1, r"\tanh", np.tanh, lambda a, y: (1.0 - y * y,), (-1, 1), 18),
    # relu'(0) = 0
    Op(
        "relu",
        1,
        r"\operatorname{relu}",
        lambda x: np.maximum(x, 0),
        lambda a, y: (_where(apply("gt", a[0], 0.0), 1.0, 0.0),),
        (0, INF),
        1,
    ),
    Op(
        "softplus",
        1,
        r"\operatorname{softplus}",
        _softplus,
        lambda a, y: (apply("sigmoid", a[0]),),
        (0, INF),
        30,
    ),
    # clip(x / 6 + 1 / 2, 0, 1); slope 1/6 strictly inside -3 < x < 3, else 0 (as torch)
    Op(
        "hard_sigmoid",
        1,
        r"\operatorname{hard\_sigmoid}",
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        lambda a, y: (_where(apply("lt", apply("abs", a[0]), 3.0), 1 / 6, 0.0),),
        (0, 1),
        3,
    ),
    Op(
        "silu",
        1,
        r"\operatorname{silu}",
        lambda x: x * _sigmoid(x),
        _silu_partials,
        (-0.2784645427610738, INF),
        17,
    ),
    Op("gelu", 1, r"\operatorname{gelu}", _gelu, _gelu_partials, (-0.16997120747990369, INF), 40),
    Op("exp", 1, r"\exp", np.exp, lambda a, y: (y,), (0, INF), 12),
    Op("log", 1, r"\log", np.log, lambda a, y: (1.0 / a[0],), (-INF, INF), 14),
    Op("sqrt", 1, r"\operatorname{sqrt}", np.sqrt, lambda a, y: (0.5 / y,), (0, INF), 6),
    # abs'(0) = 0
    Op(
        "abs",
        1,
        r"\operatorname{abs}",
        np.abs,
        lambda a, y: (
            _where(apply("gt", a[0], 0.0), 1.0, _where(apply("lt", a[0], 0.0), -1.0, 0.0)),
        ),
        (0, INF),
        1,
    ),
    Op(
        "min",
        2,
        r"\min",
        np.minimum,
        lambda a, y: _tie(a[0], a[1], "lt"),
        (-INF, INF),
        1,
        commutes=True,
    ),
    Op(
        "max",
        2,
        r"\max",
        np.maximum,
        lambda a, y: _tie(a[0], a[1], "gt"),
        (-INF, INF),
        1,
        commutes=True,
    ),
    Op("sin", 1, r"\sin", np.sin, lambda a, y: (apply("cos", a[0]),), (-1, 1), 60),
    Op("cos", 1, r"\cos", np.cos, lambda a, y: (-apply("sin", a[0]),), (-1, 1), 60),
    Op(
        "erf",
        1,
        r"\operatorname{erf}",
        _erf,
        lambda a, y: (apply("exp", -(a[0] * a[0])) * (2 / math.sqrt(math.pi)),),
        (-1, 1),
        60,
    ),
    # the condition carries no gradient
    Op(
        "where",
        3,
        r"\operatorname{where}",
        np.where,
        lambda a, y: (None, _where(a[0], 1.0, 0.0), _where(a[0], 0.0, 1.0)),
        (-INF, INF),
        1,
    ),
    Op("lt", 2, "<", np.less, _bool_partials, (0, 1), 1, boolean=True),
    Op("le", 2, r"\le", np.less_equal, _bool_partials, (0, 1), 1, boolean=True),
    Op("gt", 2, ">", np.greater, _bool_partials, (0, 1), 1, boolean=True),
    Op("ge", 2, r"\ge", np.greater_equal, _bool_partials, (0, 1), 1, boolean=True),
    Op("eq", 2, "=", np.equal, _bool_partials, (0, 1), 1, boolean=True, commutes=True),
    Op("ne", 2, r"\ne", np.not_equal, _bool_partials, (0, 1), 1, boolean=True, commutes=True),
)

OPS: dict[str, Op] = {row.name: row for row in ROWS}

# What a person may call by name in an equation (operators are written with their signs).
FUNCTIONS: tuple[str, ...] = (
    "sigmoid", "tanh", "relu", "softplus", "hard_sigmoid", "silu", "gelu", "exp", "log", "sqrt",
    "abs", "min", "max", "sin", "cos", "where",
)  # fmt: skip
COMPARISONS: dict[str, str] = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}

# Operations that are not pointwise: how many arguments each takes.
STRUCTURE: dict[str, int] = {"linear": 2, "outer": 2, "sum": 1, "spread": 1}
