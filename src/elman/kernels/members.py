"""Several weight sets in one call, one after the other: where they cannot be run at once.

A weight set is a fact of the call, not of the graph: the same kernel runs every member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from elman.errors import ShapeError
from elman.kernels.kernel import Arguments, Results, Tensors, axis_of


def each(run: Callable[[Arguments, int], Results], arguments: Arguments) -> Results:
    """The results of all members side by side; `run` gets one member's arguments and its number."""
    parts = [run(arguments.member(number), number) for number in range(arguments.members)]

    def joined(axis: int, groups: list[Tensors]) -> Mapping[str, Tensor]:
        return {name: torch.stack([group[name] for group in groups], axis) for name in groups[0]}

    return Results(
        joined(1, [part.outputs for part in parts]),
        joined(0, [part.final for part in parts]),
        joined(1, [part.history for part in parts]),
        joined(1, [part.recorded for part in parts]),
    )


def check_members(arguments: Arguments) -> None:
    """ShapeError unless every tensor holds as many members as there are."""
    fresh = {f"fresh {name}" for name in arguments.fresh}
    for name, tensor in arguments.all().items():
        count = tensor.shape[axis_of(tensor)] if tensor.dim() else 0
        if count != arguments.members and name not in fresh:
            raise ShapeError(f"{name!r} holds {count} members, not {arguments.members}")
