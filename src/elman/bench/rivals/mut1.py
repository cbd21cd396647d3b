"""MUT1 by hand; torchrecurrent's has one matrix more, which is the identity here."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import IDENTITY, ZEROS, Arrays, Offered, Ops, Rival, Tensors


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    (h,) = states
    z = torch.sigmoid(linear(x, p["W_z"], p["b_z"]))
    r = torch.sigmoid(linear(x, p["W_r"], p["b_r"]) + linear(h, p["U_r"]))
    n = torch.tanh(linear(r * h, p["U_h"]) + torch.tanh(x) + p["b_h"])
    return (n * z + h * (1 - z),)


def project(ops: Ops, x: Any, p: Arrays) -> tuple[Any, ...]:
    both, units = x @ p["W"].T + p["b"], x.shape[-1]
    return ops.sigmoid(both[..., :units]), both[..., units:], ops.tanh(x) + p["b_h"]


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    (h,) = states
    z, gate, inner = now
    r = ops.sigmoid(gate + h @ p["U_r"].T)
    n = ops.tanh((r * h) @ p["U_h"].T + inner)
    return (h + z * (n - h),)


mut1 = Rival(
    {
        "W": ("W_z", "W_r"),
        "b": ("b_z", "b_r"),
        "U_r": ("U_r",),
        "U_h": ("U_h",),
        "b_h": ("b_h",),
    },
    plain,
    project,
    step,
    torchrecurrent=Offered(
        "torchrecurrent",
        "MUT1",
        {
            "cells.0.weight_ih": ("W_z", "W_r", IDENTITY),
            "cells.0.weight_hh": ("U_r", "U_h"),
            "cells.0.bias_ih": ("b_z", "b_r", ZEROS),
            "cells.0.bias_hh": (ZEROS, "b_h"),
        },
    ),
)
