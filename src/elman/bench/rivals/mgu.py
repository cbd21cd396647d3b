"""The minimal gated unit by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import ZEROS, Arrays, Offered, Ops, Rival, Tensors, gates


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    (h,) = states
    f = torch.sigmoid(linear(x, p["W_f"], p["b_f"]) + linear(h, p["U_f"]))
    n = torch.tanh(linear(x, p["W_n"], p["b_n"]) + linear(f * h, p["U_n"]))
    return ((1 - f) * h + f * n,)


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    (h,) = states
    units = h.shape[-1]
    f = ops.sigmoid(now[0][:, :units] + h @ p["U_f"].T)
    n = ops.tanh(now[0][:, units:] + (f * h) @ p["U_n"].T)
    return (h + f * (n - h),)


W, B = ("W_f", "W_n"), ("b_f", "b_n")
mgu = Rival(
    {"W": W, "b": B, "U_f": ("U_f",), "U_n": ("U_n",)},
    plain,
    gates,
    step,
    torchrecurrent=Offered(
        "torchrecurrent",
        "MGU",
        {
            "cells.0.weight_ih": W,
            "cells.0.weight_hh": ("U_f", "U_n"),
            "cells.0.bias_ih": B,
            "cells.0.bias_hh": (ZEROS, ZEROS),
        },
    ),
)
