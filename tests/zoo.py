"""The zoo: every cell, target, vector width and shape that the compiler's tests run over.

A cell on the shelf is in it by existing. The texts below use, between them, every feature of the
language. They are well-conditioned on purpose: functions with a kink are squared or taken of the
input, so that a rounding error can never decide which side a unit is on. Cells of the shelf are as
they are. Where one has a kink, numbers are drawn again until no unit stands so near to it that
single precision could take it to be on the other side, where its gradient is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from elman import cells
from elman.equations import Cell
from elman.errors import KernelError
from elman.graph import Node, evaluate
from elman.kernels import TARGETS
from elman.kernels.llvm import Machine

ROOT = Path(__file__).parents[1]
Array = np.ndarray

TEXTS: dict[str, str] = {
    # peepholes, a scalar, starts, a parameter used in two places
    "peephole": """
        param p_i, p_f, p_o, a[] = 1, b_f = 1
        i  = sigmoid(W_i x + U_i h + p_i * c + b_i)
        f  = sigmoid(W_f x + U_f h + p_f * c + b_f)
        c' = f * c + i * tanh(W_c x + U_c h + b_c)
        o  = sigmoid(W_o x + U_o h + p_o * c' + b_o)
        h' = o * tanh(a * c') + 0.1 * a
    """,
    # reductions over units, so several stages; products behind a norm
    "norms": """
        param g_1 = 1, g_2 = 1
        s  = layernorm(W x + U h) * g_1 + b
        c' = 0.5 * c + tanh(rmsnorm(V s) * g_2)
        h' = sigmoid(s) * tanh(c') + mean(c * s) * mean(h)
    """,
    # declared sizes, a second input, a static one, an output that is a projection
    "declared": """
        state m[R] = 0.5
        input u[E]
        static v[F]
        i  = sigmoid(W_i x + V_i v + E_i u + U_i m + b_i)
        f  = sigmoid(W_f x + V_f v + U_f m + b_f)
        c' = f * c + i * tanh(W_c x + E_c u + U_c m + b_c)
        m' = P tanh(c')
        y  = Q m' + Y x + b_y
    """,
    # one matrix in several places, transposed too; a product of a product
    "shared": """
        a  = tanh(U h + W x + b)
        r  = tanh(U a + U^T (h * a) + W x)
        h' = 0.5 * tanh(U^T r + K (K^T a) + W (W^T r) - b) + 0.5 * h
    """,
    # conditions, ties decided the same way in every precision, smooth powers of kinks
    "choices": """
        s  = W x + U h + b
        k  = relu(s) * relu(s) + abs(s) * s
        l  = (max(s, b) - b) * (max(s, b) - b) + (min(s, 0.5) - 0.5) * (min(s, 0.5) - 0.5)
        m  = hard_sigmoid(s) * hard_sigmoid(s) * (1 - hard_sigmoid(s)) * (1 - hard_sigmoid(s))
        w  = where(s < b, (s - b) * (s - b), 0) + where(s >= b, b, b) + where(b == b, s, 0)
        e  = where(s > 9, h, 0.5 * h) + where(b != b, s, h) + where(s <= 9, 1, h)
        n  = where(mean(x) <= mean(x), min(x, 0.25), s) + max(x, x) + relu(x) + abs(x)
        h' = 0.3 * tanh(k + l + 4 * m + w) + 0.3 * tanh(e + Z n)
    """,
    # a state that meets no matrix
    "diagonal": """
        z  = sigmoid(W_z x + b_z)
        h' = (1 - z) * h + z * (W_h x + b_h)
    """,
    # ten gates of one operand: more products than a tile takes
    "gates": """
        h' = 0.1 * (tanh(U_0 h + W_0 x) * sigmoid(U_1 h) + tanh(U_2 h + W_2 x) * sigmoid(U_3 h)
             + tanh(U_4 h) * sigmoid(U_5 h + W_5 x) + tanh(U_6 h) * sigmoid(U_7 h + b_7)
             + tanh(U_8 h + b_8) * sigmoid(U_9 h)) + 0.5 * h
    """,
    # no input is read
    "silent": """
        h' = tanh(U h + b) + 0.2 * cos(c)
        c' = 0.9 * c + 0.1 * sin(h)
    """,
    # every smooth function, constants alone, division
    "functions": """
        s  = W x + U h + b
        a  = softplus(s) + silu(s) - gelu(s) + exp(-s * s)
        d  = log(1.5 + s * s) / sqrt(2 + a * a) + (3 - 1) / 4
        h' = tanh(0.3 * d + sin(s) * cos(a)) * sigmoid(a) - 0.25
        e' = 0.5
        p' = h
        y  = h' + 0.1 * e + 0.1 * p
    """,
    # three products that wait for one another, in the loop
    "deep": """
        a  = tanh(W x + U_1 h + b_1)
        d  = tanh(U_2 a + b_2) * sigmoid(T_2 a) + a
        h' = tanh(U_3 d + U_4 a + U_1 (h * d) + b_3)
    """,
    # what needs computing only once, only once a row, only after the loop
    "regions": """
        param a[] = 0.5
        static v
        o  = M (a * tanh(b)) + b
        s  = tanh(N v + o) * mean(v)
        h' = tanh(W_1 x + U h + V (s * sigmoid(W_2 x)) + o * s)
        y  = tanh(Y_1 h' + Y_2 x + Y_3 s) + rmsnorm(1 + Y_4 (h' * h))
    """,
}


def _cells() -> dict[str, Cell]:
    found = {name: cells.get(name) for name in cells.names()}
    return found | {name: Cell(text, name=name) for name, text in TEXTS.items()}


def _widths() -> tuple[str, ...]:
    host = Machine.host()
    found = [host.name]
    for name in ("avx2", "sse"):
        try:
            found += [name] if host.narrowed(name) is not host else []
        except KernelError:
            continue
    return tuple(found)


CELLS: dict[str, Cell] = _cells()
WIDTHS: tuple[str, ...] = _widths()  # the host's own first
SIZES = (1, 2, 3, 7, 16, 17, 33, 64)

# States that a cell keeps above zero, because it divides by them.
POSITIVE = {"slstm": ("n",)}
# The least H of a cell, where it is not 1. U - U^T of one unit is nothing, and the gradient of U a
# zero in which rounding errors alone can be seen; a norm of a few units divides by their spread,
# which is nearly nothing now and then, again and again over the steps.
LEAST = {"antisymmetric": 2, "antisymmetric_gated": 2, "gru_layernorm": 7, "lstm_layernorm": 7}
# The same in single precision alone. The layer norm of two units is the sign of their difference:
# among many rows there is always one where rounding decides it, and the worst error of any target
# is as large as that row happens to make it.
LEAST_SINGLE = {"norms": 7}
# Cells whose memory nothing holds in bounds, and which see it through peepholes: with parameters of
# the usual size small differences grow a hundredfold over the steps, and a test would compare chaos
# with chaos. They get a quarter of it.
CALM = {"lstm_fgr", "lstm_nfg", "lstm_niaf", "lstm_nig", "lstm_noaf", "lstm_nog"}
# So near to a kink, for numbers up to 1, that single precision may be on its other side.
NEAR = 2.0**-20

__all__ = ["CELLS", "COVERING", "SIZES", "TARGETS", "TEXTS", "WIDTHS", "Case", "case", "machine"]


@cache
def machine(width: str) -> Machine:
    """The host, or the host without its wider vectors."""
    return Machine.host().narrowed(width)


def _times(a: int, b: int) -> int:
    """The product in the field of eight elements, whose numbers are polynomials over bits."""
    product = 0
    for bit in range(3):
        product ^= (a << bit) * (b >> bit & 1)
    for bit in (4, 3):
        product ^= (0b1011 << (bit - 3)) * (product >> bit & 1)
    return product


def _covering() -> tuple[tuple[int, int, int, int], ...]:
    """64 shapes (T, B, D, H) in which every pair of sizes of every two axes occurs once."""
    rows = [(i, j, i ^ j ^ 7, i ^ _times(2, j) ^ 2) for i in range(8) for j in range(8)]
    return tuple((SIZES[t], SIZES[b], SIZES[d], SIZES[h]) for t, b, d, h in rows)


COVERING = _covering()


@dataclass(frozen=True)
class Case:
    """One call of a cell: its tensors by name, and gradients to send back.

    `inputs` (T, B, size), `statics` and `states` (B, size), `fixed` the parameters; `y`, `final`
    and `history` are the gradients of the output, of the last states and of all states.
    """

    cell: Cell
    sizes: dict[str, int]
    inputs: dict[str, Array]
    statics: dict[str, Array]
    states: dict[str, Array]
    fixed: dict[str, Array]
    y: Array
    final: dict[str, Array]
    history: dict[str, Array]

    @property
    def tensors(self) -> dict[str, Array]:
        """Everything that has a gradient."""
        return {**self.inputs, **self.statics, **self.states, **self.fixed}


def case(
    cell: Cell, shape: tuple[int, int, int, int], dtype: type = np.float64, *, draw: int = 0
) -> Case:
    """A random call of a cell for sizes (T, B, D, H); the numbers are exact in `dtype`.

    Further draws are the same call with every number moved by about a hundredth: as well or badly
    conditioned, but rounded differently. Cells of the shelf get numbers that stay clear of kinks.
    """
    published = cell.name in CELLS and cell.name not in TEXTS
    for attempt in range(100):
        found = _drawn(cell, shape, dtype, draw, attempt)
        if not published or is_clear(found):
            return found
    raise AssertionError(f"{cell.name}: no numbers for {shape} keep away from its kinks")


def _drawn(
    cell: Cell, shape: tuple[int, int, int, int], dtype: type, draw: int, attempt: int
) -> Case:
    steps, rows, width, units = shape
    step, units = cell.step, max(units, LEAST.get(cell.name, 1))
    width = units if ("D", "H") in step.requires or ("H", "D") in step.requires else width
    sizes = {"1": 1, "D": width, "H": units, "R": max(1, units // 2), "E": width + 1, "F": 5}
    again = [attempt] if attempt else []
    rng = np.random.default_rng([steps, rows, width, units, *map(ord, cell.name), *again])
    near = np.random.default_rng([draw, *again] if again else draw)

    def some(*axes: int, scale: float = 1.0) -> Array:
        value = scale * rng.standard_normal(axes)
        value = value * (1 + 0.01 * near.standard_normal(axes)) if draw else value
        return value.astype(dtype).astype(np.float64)

    def along(leaf) -> int:
        return sizes[leaf.size]

    def weight(leaf) -> Array:
        axes = [sizes[size] for size in leaf.shape]
        scale = 0.7 * axes[1] ** -0.5 if len(axes) == 2 else 0.5
        return some(*(axes or [1]), scale=scale / 4 if cell.name in CALM else scale)

    def before(leaf) -> Array:
        value = some(rows, along(leaf))
        return np.abs(value) + 0.5 if leaf.name in POSITIVE.get(cell.name, ()) else value

    return Case(
        cell=cell,
        sizes={size: sizes[size] for size in ("1", *step.sizes(), "D", "H")},
        inputs={leaf.name: some(steps, rows, along(leaf)) for leaf in step.inputs},
        statics={leaf.name: some(rows, along(leaf)) for leaf in step.statics},
        states={leaf.name: before(leaf) for leaf in step.states},
        fixed={leaf.name: weight(leaf) for leaf in step.parameters},
        y=some(steps, rows, along(step.by_role("output")[0].node)),
        final={leaf.name: some(rows, along(leaf)) for leaf in step.states},
        history={leaf.name: some(steps, rows, along(leaf)) for leaf in step.states},
    )


def is_clear(case: Case) -> bool:
    """Whether every unit is at every step far enough from the kinks of its functions."""
    step = case.cell.step
    deciding = [node for kink in step.nodes() for node in _deciding(kink)]
    following = {output.name: output.node for output in step.by_role("next")}
    states = case.states
    for t in range(len(case.y) if deciding else 0):
        leaves = {**case.fixed, **case.statics, **states}
        leaves |= {name: value[t] for name, value in case.inputs.items()}
        found = evaluate([*deciding, *following.values()], leaves, case.sizes)
        states = {name: found[node] for name, node in following.items()}
        for node in deciding:
            distance = np.abs(found[node])
            if (distance <= NEAR * max(1.0, distance.max(initial=0))).any():
                return False
    return True


def _deciding(kink: Node) -> list[Node]:
    """The values whose signs decide on which side of a kink a unit is."""
    if kink.op in ("max", "min"):
        return [kink.args[0] - kink.args[1]]
    return _factors(kink.args[0]) if kink.op in ("relu", "abs") else []


def _factors(node: Node) -> list[Node]:
    """The sign of a product is that of its factors, and they are known better than it is."""
    return [n for arg in node.args for n in _factors(arg)] if node.op == "mul" else [node]
