"""The cells as one writes them by hand today, for torch and for JAX alike.

Each has its matrices side by side, as a person who wants speed would keep them: `PACKED` says which
parameters of the equations stand in which array, from the top down. What does not depend on the
state is computed for all steps at once (`project`), the rest step by step (`STEPS`).
Nothing here is ours to tune: these are the programs that a compiled cell has to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
