"""The LSTM with peepholes by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from elman.bench.rivals.rival import ZEROS, Arrays, Offered, Ops, Rival, Tensors, gates


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    h, c = states
    i = torch.sigmoid(linear(x, p["W_i"], p["b_i"]) + linear(h, p["U_i"]) + p["p_i"] * c)
    f = torch.sigmoid(linear(x, p["W_f"], p["b_f"]) + linear(h, p["U_f"]) + p["p_f"] * c)
    g = torch.tanh(linear(x, p["W_c"], p["b_c"]) + linear(h, p["U_c"]))
    c = f * c + i * g
    o = torch.sigmoid(linear(x, p["W_o"], p["b_o"]) + linear(h, p["U_o"]) + p["p_o"] * c)
    return o * torch.tanh(c), c


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    h, c = states
    units = h.shape[-1]
    inner = now[0] + h @ p["U"].T
    i = ops.sigmoid(inner[:, :units] + p["p_i"] * c)
    f = ops.sigmoid(inner[:, units : 2 * units] + p["p_f"] * c)
    c = f * c + i * ops.tanh(inner[:, 2 * units : 3 * units])
    o = ops.sigmoid(inner[:, 3 * units :] + p["p_o"] * c)
    return o * ops.tanh(c), c


W, U, B = (tuple(f"{kind}_{gate}" for gate in "ifco") for kind in "WUb")
P = ("p_i", "p_f", "p_o")
lstm_peephole = Rival(
    {"W": W, "U": U, "b": B, **{name: (name,) for name in P}},
    plain,
    gates,
    step,
    states=2,
    torchrecurrent=Offered(
        "torchrecurrent",
        "PeepholeLSTM",
        {
            "cells.0.weight_ih": W,
            "cells.0.weight_hh": U,
            "cells.0.weight_ph": P,
            "cells.0.bias_ih": B,
            "cells.0.bias_hh": (ZEROS,) * 4,
        },
    ),
)
