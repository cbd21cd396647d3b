"""The state of a layer: one tensor, or a tuple of tensors that can be cut from its graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class States(tuple[Any, ...]):
    """The states of a cell that has several, in its order (`h` first), as torch's (h, c); or those
    of a stack, layer by layer.
    """

    __slots__ = ()

    def detach(self) -> States:
        """The same numbers without a past: where truncated backpropagation ends."""
        return States(part.detach() for part in self)


# a saved state is numbers, and may be loaded as such
torch.serialization.add_safe_globals([States])

State = Tensor | tuple[Tensor, ...]


def as_tuple(state: State) -> tuple[Tensor, ...]:
    """The parts of a state, also of a single one."""
    return tuple(state) if isinstance(state, tuple | list) else (state,)


def as_state(parts: tuple[Tensor, ...]) -> State:
    """One tensor if there is one part, else all of them."""
    return parts[0] if len(parts) == 1 else States(parts)
