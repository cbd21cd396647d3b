"""The cells as one writes them by hand today, twice.

`PLAIN` says one step of each as its equations do, for torch: as one writes a cell of one's own.
A person who wants speed keeps the matrices side by side (`PACKED` says which parameters of the
equations stand in which array, from the top down), computes for all steps at once what does not
depend on the state (`project`), and only the rest step by step (`STEPS`), for torch and JAX alike.
Nothing here is ours to tune: these are the programs that a compiled cell has to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

Tensors = tuple[Tensor, ...]
Arrays = Mapping[str, Any]
Step = Callable[[Any, Any, Any, Arrays], tuple[Any, ...]]

PACKED: dict[str, dict[str, tuple[str, ...]]] = {
    "rnn": {"W": ("W",), "U": ("U",), "b": ("b",)},
    "gru": {
        "W": ("W_r", "W_z", "W_n"),
        "U": ("U_r", "U_z", "U_n"),
        "b": ("b_r", "b_z", "b_n"),
        "b_u": ("b_u",),
    },
    "lstm": {
        "W": ("W_i", "W_f", "W_g", "W_o"),
        "U": ("U_i", "U_f", "U_g", "U_o"),
        "b": ("b_i", "b_f", "b_g", "b_o"),
    },
    "mut1": {
        "W": ("W_z", "W_r"),
        "b": ("b_z", "b_r"),
        "U_r": ("U_r",),
        "U_h": ("U_h",),
        "b_h": ("b_h",),
    },
}
STATES = {"rnn": 1, "gru": 1, "lstm": 2, "mut1": 1}


def project(name: str, ops: Any, x: Any, p: Arrays) -> tuple[Any, ...]:
    """What is free of the state, (T, B, ...) each: the products of the input."""
    gates = x @ p["W"].T + p["b"]
    if name == "mut1":
        units = x.shape[-1]
        return ops.sigmoid(gates[..., :units]), gates[..., units:], ops.tanh(x) + p["b_h"]
    return (gates,)


def rnn(ops: Any, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    """One step of the plain network."""
    return (ops.tanh(now[0] + states[0] @ p["U"].T),)


def gru(ops: Any, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    """One step of the gated recurrent unit."""
    (h,) = states
    units = h.shape[-1]
    gates, mine = now[0], h @ p["U"].T
    both = ops.sigmoid(gates[:, : 2 * units] + mine[:, : 2 * units])
    r, z = both[:, :units], both[:, units:]
    n = ops.tanh(gates[:, 2 * units :] + r * (mine[:, 2 * units :] + p["b_u"]))
    return (n + z * (h - n),)


def lstm(ops: Any, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    """One step of the long short-term memory."""
    h, c = states
    units = h.shape[-1]
    gates = now[0] + h @ p["U"].T
    both = ops.sigmoid(gates[:, : 2 * units])
    i, f = both[:, :units], both[:, units:]
    g, o = ops.tanh(gates[:, 2 * units : 3 * units]), ops.sigmoid(gates[:, 3 * units :])
    c = f * c + i * g
    return o * ops.tanh(c), c


def mut1(ops: Any, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    """One step of MUT1."""
    (h,) = states
    z, gate, inner = now
    r = ops.sigmoid(gate + h @ p["U_r"].T)
    n = ops.tanh((r * h) @ p["U_h"].T + inner)
    return (h + z * (n - h),)


STEPS: dict[str, Step] = {"rnn": rnn, "gru": gru, "lstm": lstm, "mut1": mut1}


def plain_rnn(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    """One step of the plain network, as written."""
    return (torch.tanh(linear(x, p["W"], p["b"]) + linear(states[0], p["U"])),)


def plain_gru(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    """One step of the gated recurrent unit, as written."""
    (h,) = states
    r = torch.sigmoid(linear(x, p["W_r"], p["b_r"]) + linear(h, p["U_r"]))
    z = torch.sigmoid(linear(x, p["W_z"], p["b_z"]) + linear(h, p["U_z"]))
    n = torch.tanh(linear(x, p["W_n"], p["b_n"]) + r * linear(h, p["U_n"], p["b_u"]))
    return ((1 - z) * n + z * h,)


def plain_lstm(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    """One step of the long short-term memory, as written."""
    h, c = states
    i = torch.sigmoid(linear(x, p["W_i"], p["b_i"]) + linear(h, p["U_i"]))
    f = torch.sigmoid(linear(x, p["W_f"], p["b_f"]) + linear(h, p["U_f"]))
    g = torch.tanh(linear(x, p["W_g"], p["b_g"]) + linear(h, p["U_g"]))
    o = torch.sigmoid(linear(x, p["W_o"], p["b_o"]) + linear(h, p["U_o"]))
    c = f * c + i * g
    return o * torch.tanh(c), c


def plain_mut1(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    """One step of MUT1, as written."""
    (h,) = states
    z = torch.sigmoid(linear(x, p["W_z"], p["b_z"]))
    r = torch.sigmoid(linear(x, p["W_r"], p["b_r"]) + linear(h, p["U_r"]))
    n = torch.tanh(linear(r * h, p["U_h"]) + torch.tanh(x) + p["b_h"])
    return (n * z + h * (1 - z),)


PLAIN: dict[str, Callable[[Tensor, Tensors, Arrays], Tensors]] = {
    "rnn": plain_rnn,
    "gru": plain_gru,
    "lstm": plain_lstm,
    "mut1": plain_mut1,
}
