"""The layer-normalized LSTM by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from elman.bench.rivals.rival import Arrays, Ops, Rival, Tensors


def plain(x: Tensor, states: Tensors, p: Arrays) -> Tensors:
    h, c = states

    def gate(name: str) -> Tensor:
        seen = layer_norm(linear(x, p[f"W_{name}"]), h.shape[-1:], p[f"w_{name}"])
        return seen + layer_norm(
            linear(h, p[f"U_{name}"]), h.shape[-1:], p[f"u_{name}"], p[f"b_{name}"]
        )

    i, f, o = (torch.sigmoid(gate(name)) for name in "ifo")
    c = f * c + i * torch.tanh(gate("g"))
    return o * torch.tanh(layer_norm(c, c.shape[-1:], p["w_c"], p["b_c"])), c


def project(ops: Ops, x: Any, p: Arrays) -> tuple[Any, ...]:
    return (p["w"] * _gates(ops, x @ p["W"].T) + p["b"],)


def step(ops: Ops, now: Any, states: Any, p: Arrays) -> tuple[Any, ...]:
    h, c = states
    units = h.shape[-1]
    inner = now[0] + p["u"] * _gates(ops, h @ p["U"].T)
    both = ops.sigmoid(inner[:, : 2 * units])
    i, f = both[:, :units], both[:, units:]
    g, o = ops.tanh(inner[:, 2 * units : 3 * units]), ops.sigmoid(inner[:, 3 * units :])
    c = f * c + i * g
    return o * ops.tanh(p["w_c"] * ops.normalize(c) + p["b_c"]), c


def _gates(ops: Ops, sums: Any) -> Any:
    """Each of the four gates normalized by itself."""
    return ops.normalize(sums.reshape(*sums.shape[:-1], 4, -1)).reshape(sums.shape)


GATES = {name: tuple(f"{name}_{gate}" for gate in "ifgo") for name in ("W", "U", "w", "u", "b")}
lstm_layernorm = Rival({**GATES, "w_c": ("w_c",), "b_c": ("b_c",)}, plain, project, step, states=2)
