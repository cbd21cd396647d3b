"""The plain network by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import ZEROS, Arrays, Offered, Ops, Rival, Tensors, gates


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    return (torch.tanh(linear(x, p["W"], p["b"]) + linear(states[0], p["U"])),)


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    return (ops.tanh(now[0] + states[0] @ p["U"].T),)


rnn = Rival(
    {"W": ("W",), "U": ("U",), "b": ("b",)},
    plain,
    gates,
    step,
    torch=Offered(
        "torch.nn",
        "RNN",
        {
            "weight_ih_l0": ("W",),
            "weight_hh_l0": ("U",),
            "bias_ih_l0": ("b",),
            "bias_hh_l0": (ZEROS,),
        },
    ),
)
