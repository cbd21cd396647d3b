"""A derivative that shares no code with `derive.reverse`: forward dual numbers over the equations.

Values and slopes are computed from the syntax tree of a cell alone: neither the graph, nor its
table of primitives, nor the adjoint is looked at. One slope for each tensor of a trial: the
derivative of the loss along a random direction of that tensor, which its gradient must give too.
It also sees how near any value comes to a kink, where a rounding error would decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from elman.equations import syntax
from proof.reference import walk
from proof.trial import Trial

Array = np.ndarray
erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class Dual:
    """Values (..., n) and their slopes (K, ..., n) along K directions."""

    value: Array
    slope: Array

    def times(self, factor: Array) -> Dual:
        """The chain rule: the same value, slopes scaled."""
        return Dual(self.value, self.slope * factor)


def _bell(x: Array) -> Array:
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _normal(x: Array) -> Array:
    return (1 + erf(x / math.sqrt(2))) / 2


def _logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


# function -> value and slope, from the argument alone
SMOOTH: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (_logistic, lambda x: 0.25 / np.cosh(x / 2) ** 2),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "softplus": (lambda x: np.logaddexp(x, 0), _logistic),
    "silu": (
        lambda x: x * _logistic(x),
        lambda x: _logistic(x) + x * 0.25 / np.cosh(x / 2) ** 2,
    ),
    "gelu": (lambda x: x * _normal(x), lambda x: _normal(x) + x * _bell(x)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 1 / (2 * np.sqrt(x))),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    # with a kink: the slope is what the language page says
    "relu": (lambda x: np.where(x > 0, x, 0.0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "abs": (np.abs, np.sign),
    "hard_sigmoid": (
        lambda x: np.clip((x + 3) / 6, 0, 1),
        lambda x: np.where((x > -3) & (x < 3), 1 / 6, 0.0),
    ),
}
KINKS: Mapping[str, Callable[[Array], Array]] = {
    "relu": np.abs,
    "abs": np.abs,
    "hard_sigmoid": lambda x: np.abs(np.abs(x) - 3),
}
COMPARE: Mapping[str, Callable[[Array, Array], Array]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


class Walk:
    """The equations of a trial, over time, in dual numbers."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.case = trial, trial.case
        self.margin = math.inf  # the least distance from a kink
        rng = np.random.default_rng(trial.seed)
        self.directions = {
            name: rng.standard_normal(value.shape) for name, value in self.case.tensors.items()
        }
        self.index = {name: k for k, name in enumerate(self.directions)}

    @np.errstate(all="ignore")  # what no result hangs on may be anything: the graph leaves it out
    def losses(self) -> tuple[float, dict[str, float]]:
        """The loss, and its derivative along the direction of every tensor."""
        case, trial = self.case, self.trial
        now = {name: self._leaf(name, value) for name, value in case.states.items()}
        fixed = {n: self._leaf(n, v) for n, v in {**case.fixed, **case.statics}.items()}
        loss, slopes = 0.0, np.zeros(len(self.index))
        rows = np.arange(trial.shape[1])
        for place, active in walk(trial):
            here = active[:, None]
            cut = np.zeros_like(here)
            if trial.reset is not None:
                cut = here & trial.reset[place, rows][:, None]
            before = {n: _where(cut, Dual(np.zeros(1), np.zeros(1)), v) for n, v in now.items()}
            after, y = self._step({**fixed, **before, **self._inputs(place, rows)})
            now = {n: _where(here, after[n], now[n]) for n in now}
            seen = [(y, case.y)]
            seen += [(after[n], v) for n, v in case.history.items()] if trial.history else []
            for dual, seed in seen:
                weight = seed[place, rows] * here
                loss += (dual.value * weight).sum()
                slopes += self._summed(dual.slope * weight)
        for name, seed in case.final.items():
            loss += (now[name].value * seed).sum()
            slopes += self._summed(now[name].slope * seed)
        return float(loss), {name: float(slopes[k]) for name, k in self.index.items()}

    def _summed(self, slopes: Array) -> Array:
        """One number for each direction; what depends on nothing has no axis for them."""
        wide = np.broadcast_to(slopes, (len(self.index), *slopes.shape[-2:]))
        return wide.sum(axis=(1, 2))

    def _leaf(self, name: str, value: Array, direction: Array | None = None) -> Dual:
        slope = np.zeros((len(self.index), *value.shape))
        slope[self.index[name]] = self.directions[name] if direction is None else direction
        return Dual(value, slope[:, None] if value.ndim == 1 else slope)

    def _inputs(self, place: Array, rows: Array) -> dict[str, Dual]:
        found: dict[str, Dual] = {}
        for name, value in self.case.inputs.items():
            dual = self._leaf(name, value[place, rows], self.directions[name][place, rows])
            if name == "x":
                kept = self.trial.mask[place, rows]
                dual = Dual(dual.value * kept, dual.slope * kept)
            found[name] = dual
        return found

    def _step(self, known: dict[str, Dual]) -> tuple[dict[str, Dual], Dual]:
        self.known = known
        for line in self.trial.cell.equations.definitions:
            known[line.name + "'" * line.primed] = self.of(line.value)
        scope = self.trial.cell.scope
        output = known[scope.output.name + "'" * scope.output.primed]
        return {name: known[name + "'"] for name in scope.states}, output

    # -- expressions ------------------------------------------------------------------------------

    def of(self, node: syntax.Argument) -> Dual:
        """The value of an expression and its slopes."""
        match node:
            case syntax.Number():
                return Dual(np.array([node.value]), np.zeros(1))
            case syntax.Name():
                return self.known[node.name + "'" * node.primed]
            case syntax.Negative():
                return _linear(self.of(node.operand), -1.0)
            case syntax.Apply():
                return self._product(self.known[node.matrix], self.of(node.operand), node)
            case syntax.Binary():
                return _binary(node.sign, self.of(node.left), self.of(node.right))
            case syntax.Call():
                return self._call(node)
        raise AssertionError(f"{node!r} is no value")

    def _product(self, matrix: Dual, vector: Dual, node: syntax.Apply) -> Dual:
        flip = "...oi->...io" if node.transposed else "...oi->...oi"
        weight, turned = np.einsum(flip, matrix.value), np.einsum(flip, matrix.slope)
        value = np.einsum("oi,...i->...o", weight, vector.value)
        slope = np.einsum("oi,...i->...o", weight, vector.slope)
        rows = np.broadcast_to(vector.value, (self.trial.shape[1], weight.shape[1]))
        return Dual(value, slope + np.einsum("koi,bi->kbo", turned, rows))

    def _call(self, node: syntax.Call) -> Dual:
        name = node.function
        if name == "where":
            yes, no = (self.of(argument) for argument in node.arguments[1:])
            return _where(self._condition(node.arguments[0]), yes, no)
        args = [self.of(argument) for argument in node.arguments]
        if name in ("min", "max"):
            self._near(args[0].value - args[1].value, *node.arguments)
            return _rivals(name, *args)
        if name in SMOOTH:
            if name in KINKS:
                self._near(KINKS[name](args[0].value), *node.arguments)
            value, slope = SMOOTH[name]
            return Dual(value(args[0].value), args[0].slope).times(slope(args[0].value))
        return _over_units(name, args[0])

    def _condition(self, node: syntax.Argument) -> Array:
        assert isinstance(node, syntax.Comparison)
        left, right = self.of(node.left).value, self.of(node.right).value
        self._near(left - right, node.left, node.right)
        return COMPARE[node.sign](left, right)

    def _near(self, distance: Array, *asked: syntax.Argument) -> None:
        """Remember how far from a kink a value is, but for ties that no rounding can undo."""
        far = np.abs(distance)
        if len({*asked}) < len(asked) or all(self._is_exact(node) for node in asked):
            far = far[far != 0]
        self.margin = min(self.margin, float(far.min(initial=math.inf)))

    def _is_exact(self, node: syntax.Argument) -> bool:
        """Whether a value is rounded nowhere: a number, a leaf, or a choice between such."""
        match node:
            case syntax.Name():
                return self.trial.cell.scope.kinds[node.name] != "quantity" and not node.primed
            case syntax.Negative():
                return self._is_exact(node.operand)
            case syntax.Call():
                plain = node.function in ("relu", "abs", "min", "max")
                return plain and all(self._is_exact(argument) for argument in node.arguments)
        return isinstance(node, syntax.Number)


def _linear(a: Dual, factor: float) -> Dual:
    return Dual(a.value * factor, a.slope * factor)


def _binary(sign: str, a: Dual, b: Dual) -> Dual:
    match sign:
        case "+":
            return Dual(a.value + b.value, a.slope + b.slope)
        case "-":
            return Dual(a.value - b.value, a.slope - b.slope)
        case "*":
            return Dual(a.value * b.value, a.slope * b.value + b.slope * a.value)
        case _:
            slope = (a.slope * b.value - b.slope * a.value) / b.value**2
            return Dual(a.value / b.value, slope)


def _where(condition: Array, yes: Dual, no: Dual) -> Dual:
    return Dual(np.where(condition, yes.value, no.value), np.where(condition, yes.slope, no.slope))


def _rivals(name: str, a: Dual, b: Dual) -> Dual:
    """The smaller or larger; at a tie each gives half of its slope."""
    wins = a.value < b.value if name == "min" else a.value > b.value
    picked = _where(wins, a, b)
    half = (a.slope + b.slope) / 2
    return Dual(picked.value, np.where(a.value == b.value, half, picked.slope))


def _over_units(name: str, a: Dual) -> Dual:
    """mean, layernorm, rmsnorm: with eps 1e-5 below the root."""

    def mean(dual: Dual) -> Dual:
        return Dual(
            dual.value.mean(axis=-1, keepdims=True), dual.slope.mean(axis=-1, keepdims=True)
        )

    if name == "mean":
        return mean(a)
    centered = _binary("-", a, mean(a)) if name == "layernorm" else a
    square = mean(_binary("*", centered, centered))
    root = np.sqrt(square.value + 1e-5)
    return _binary("/", centered, Dual(root, square.slope / (2 * root)))
