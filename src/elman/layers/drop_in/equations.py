"""torch's recurrent layers as equations, and torch's tensors by the names in them.

A layer of torch holds the matrices of all gates in one tensor, in an order of its own, and two
biases where one would do (but for the GRU's inner one). Both stay as they are: they are parameters
that are trained, saved and loaded. The equations see their parts, and the sum of the two biases.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from elman.equations import Cell

_LSTM = """
i  = sigmoid(W_i x + U_i h + b_i)
f  = sigmoid(W_f x + U_f h + b_f)
g  = tanh(W_g x + U_g h + b_g)
o  = sigmoid(W_o x + U_o h + b_o)
c' = f * c + i * g
"""
_TEXTS = {
    "LSTM": _LSTM + "h' = o * tanh(c')",
    "LSTM, projected": f"state h[R]\n{_LSTM}h' = P (o * tanh(c'))",
    "GRU": """
r  = sigmoid(W_r x + U_r h + b_r)
z  = sigmoid(W_z x + U_z h + b_z)
n  = tanh(W_n x + b_n + r * (U_n h + b_u))
h' = (1 - z) * n + z * h
""",
    "RNN_TANH": "h' = tanh(W x + U h + b)",
    "RNN_RELU": "h' = relu(W x + U h + b)",
}
_GATES = {"LSTM": "ifgo", "GRU": "rzn"}  # in the order of torch's rows


@cache
def equations(mode: str, bias: bool, projected: bool = False) -> Cell:
    """The cell of a layer of torch; `mode` is torch's word: LSTM, GRU, RNN_TANH or RNN_RELU."""
    lines = _TEXTS[mode + ", projected" * projected].strip().splitlines()
    if not bias:
        lines = [_without_biases(line) for line in lines]
    return Cell("\n".join(lines), name=mode.partition("_")[0].lower())


def _without_biases(line: str) -> str:
    for name in ("_i", "_f", "_g", "_o", "_r", "_z", "_n", "_u", ""):
        line = line.replace(f" + b{name})", ")").replace(f" + b{name} ", " ")
    return line


def by_name(mode: str, weights: list[Tensor]) -> dict[str, Tensor]:
    """The parameters of the equations from torch's tensors of one layer and direction.

    `weights` holds weight_ih (G H, D), weight_hh (G H, H), then bias_ih and bias_hh (G H) if there
    are biases, then weight_hr (R, H) if there is a projection.
    """
    gates = _GATES.get(mode, " ")
    names = [f"_{gate}" if gate != " " else "" for gate in gates]
    found = {"P": weights[-1]} if len(weights) % 2 else {}
    for letter, tensor in zip("WU", weights, strict=False):
        found |= {letter + n: part for n, part in zip(names, _parts(tensor, names), strict=True)}
    if len(weights) >= 4:
        found |= _biases(mode, names, weights[2], weights[3])
    return found


def _parts(tensor: Tensor, names: list[str]) -> tuple[Tensor, ...]:
    return torch.chunk(tensor, len(names)) if len(names) > 1 else (tensor,)


def _biases(mode: str, names: list[str], first: Tensor, second: Tensor) -> dict[str, Tensor]:
    """One bias for each gate: the sum of torch's two, but where a product stands between them."""
    sums = _parts(first + second, names)
    found = {f"b{name}": part for name, part in zip(names, sums, strict=True)}
    if mode == "GRU":
        found["b_n"], found["b_u"] = _parts(first, names)[2], _parts(second, names)[2]
    return found
