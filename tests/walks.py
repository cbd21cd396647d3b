"""Walks through steps: helpers for tests of calls that are nodes of autograd's graph."""

from __future__ import annotations

import copy

import torch

from elman import Recurrent, cells
from elman.layers.state import as_state, as_tuple


def net(cell: str = "lstm", layers: int = 1, **more) -> Recurrent:
    torch.manual_seed(0)
    step = cells.get(cell).step
    sizes = {size: 6 for size in step.sizes() if size not in ("D", "H")}
    return Recurrent(cell, 9, 9, layers, sizes=sizes, **more)


def net_like(layer: Recurrent) -> Recurrent:
    """The same net with nothing remembered."""
    return copy.deepcopy(layer)


def known(layer: Recurrent, rows: int = 3) -> Recurrent:
    """The layer, which knows steps of this many rows."""
    x = torch.randn(rows, 9, dtype=next(layer.parameters()).dtype)
    for _ in range(2):
        layer.step(x, layer.zero_state(rows))
    return layer


def start(layer: Recurrent, rows: int = 3):
    """A state that wants its gradient."""
    torch.manual_seed(1)
    parts = as_tuple(layer.zero_state(rows))
    return as_state(tuple(torch.randn_like(part).requires_grad_() for part in parts))


def walked(layer: Recurrent, x, state):
    """The outputs of one step after the other, and the last state."""
    seen = []
    for now in x:
        y, state = layer.step(now, state)
        seen.append(y)
    return torch.stack(seen), state


def loss(y, state) -> torch.Tensor:
    return y.sin().sum() + sum(part.cos().sum() for part in as_tuple(state))


def is_a_node(y: torch.Tensor) -> bool:
    return type(y.grad_fn).__name__ == "StepBackward"


def gradients(layer: Recurrent, way, x, state):
    """Of x, of the first state and of the weights."""
    y, last = way(x, state)
    wanted = [x, *as_tuple(state), *layer.parameters()]
    return y, last, torch.autograd.grad(loss(y, last), wanted, allow_unused=True)


def alike(found, want, near: float = 1e-9) -> None:
    """Equal, or none in both."""
    assert len(found) == len(want)
    for one, other in zip(found, want, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, atol=near, rtol=near)
