"""The gated recurrent unit by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import ZEROS, Arrays, Offered, Ops, Rival, Tensors, gates


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    (h,) = states
    r = torch.sigmoid(linear(x, p["W_r"], p["b_r"]) + linear(h, p["U_r"]))
    z = torch.sigmoid(linear(x, p["W_z"], p["b_z"]) + linear(h, p["U_z"]))
    n = torch.tanh(linear(x, p["W_n"], p["b_n"]) + r * linear(h, p["U_n"], p["b_u"]))
    return ((1 - z) * n + z * h,)


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    (h,) = states
    units = h.shape[-1]
    inputs, mine = now[0], h @ p["U"].T
    both = ops.sigmoid(inputs[:, : 2 * units] + mine[:, : 2 * units])
    r, z = both[:, :units], both[:, units:]
    n = ops.tanh(inputs[:, 2 * units :] + r * (mine[:, 2 * units :] + p["b_u"]))
    return (n + z * (h - n),)


W, U, B = ("W_r", "W_z", "W_n"), ("U_r", "U_z", "U_n"), ("b_r", "b_z", "b_n")
gru = Rival(
    {"W": W, "U": U, "b": B, "b_u": ("b_u",)},
    plain,
    gates,
    step,
    torch=Offered(
        "torch.nn",
        "GRU",
        {
            "weight_ih_l0": W,
            "weight_hh_l0": U,
            "bias_ih_l0": B,
            "bias_hh_l0": (ZEROS, ZEROS, "b_u"),
        },
    ),
)
