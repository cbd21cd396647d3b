"""Layer upon layer: what the layers of a stack give one another, whatever kind they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from elman.kernels import Results
from elman.layers.dropout import dropout

Pass = Callable[[Tensor, tuple[int, int]], Results]


def through(
    passes: Sequence[Pass], x: Tensor, directions: int, rate: float, training: bool
) -> list[Results]:
    """What every layer gives for x (T, B, D): the first layer's directions, the second's, ...

    A pass takes its input and its place, (layer, direction). Between layers, units are left out
    with a probability of `rate`, in training.
    """
    seen: list[Results] = []
    for index, one in enumerate(passes):
        number, direction = divmod(index, directions)
        if number and not direction:
            x = dropout(joined(seen, directions), rate, training)
        seen.append(one(x, (number, direction)))
    return seen


def joined(seen: Sequence[Results], directions: int) -> Tensor:
    """The outputs of the last layer's directions side by side."""
    outputs = [one.outputs["y"] for one in seen[-directions:]]
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)
