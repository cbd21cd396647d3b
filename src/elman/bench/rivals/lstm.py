"""The long short-term memory by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import ZEROS, Arrays, Offered, Ops, Rival, Tensors, gates


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    h, c = states
    i = torch.sigmoid(linear(x, p["W_i"], p["b_i"]) + linear(h, p["U_i"]))
    f = torch.sigmoid(linear(x, p["W_f"], p["b_f"]) + linear(h, p["U_f"]))
    g = torch.tanh(linear(x, p["W_g"], p["b_g"]) + linear(h, p["U_g"]))
    o = torch.sigmoid(linear(x, p["W_o"], p["b_o"]) + linear(h, p["U_o"]))
    c = f * c + i * g
    return o * torch.tanh(c), c


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    h, c = states
    units = h.shape[-1]
    inner = now[0] + h @ p["U"].T
    both = ops.sigmoid(inner[:, : 2 * units])
    i, f = both[:, :units], both[:, units:]
    g, o = ops.tanh(inner[:, 2 * units : 3 * units]), ops.sigmoid(inner[:, 3 * units :])
    c = f * c + i * g
    return o * ops.tanh(c), c


W, U, B = (tuple(f"{kind}_{gate}" for gate in "ifgo") for kind in "WUb")
lstm = Rival(
    {"W": W, "U": U, "b": B},
    plain,
    gates,
    step,
    states=2,
    torch=Offered(
        "torch.nn",
        "LSTM",
        {"weight_ih_l0": W, "weight_hh_l0": U, "bias_ih_l0": B, "bias_hh_l0": (ZEROS,) * 4},
    ),
)
