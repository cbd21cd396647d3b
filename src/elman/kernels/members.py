"""Several weight sets in one call: rows of a batch belong to members, each with its own weights.

A weight set is a fact of the schedule, not of the graph: the same kernel runs every member, and a
parameter's member stride says how far the next member's values are. A stride of 0 shares one.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from elman.errors import ShapeError
from elman.kernels.kernel import Arguments, Kernel, Results, Tensors


def run_members(kernel: Kernel, arguments: Arguments, members: int) -> Results:
    """Run `members` weight sets; rows m * B / members to (m + 1) * B / members belong to member m.

    A parameter may have one axis more than the step declares, of length `members`; one without it
    is shared. Gradients follow: a shared parameter receives the sum over its members.
    """
    shapes = {leaf.name: leaf.shape for leaf in kernel.step.parameters}
    rows = next(iter(arguments.states.values())).shape[0]
    if members < 1 or rows % members:
        raise ShapeError(f"{rows} rows cannot be shared out among {members} members evenly")
    for name, tensor in arguments.parameters.items():
        if tensor.dim() > len(shapes[name]) and tensor.shape[0] != members:
            raise ShapeError(f"{name!r} holds {tensor.shape[0]} weight sets, not {members}")
    each = rows // members
    parts: list[Results] = []
    for member in range(members):
        own = slice(member * each, (member + 1) * each)
        weights = {
            name: tensor[member] if tensor.dim() > len(shapes[name]) else tensor
            for name, tensor in arguments.parameters.items()
        }
        parts.append(
            kernel(
                replace(
                    arguments,
                    inputs={name: tensor[:, own] for name, tensor in arguments.inputs.items()},
                    states={name: tensor[own] for name, tensor in arguments.states.items()},
                    statics={name: tensor[own] for name, tensor in arguments.statics.items()},
                    parameters=weights,
                )
            )
        )
    return Results(
        _joined([part.outputs for part in parts], 1), _joined([part.final for part in parts], 0)
    )


def _joined(parts: list[Tensors], axis: int) -> dict[str, Tensor]:
    return {name: torch.cat([part[name] for part in parts], axis) for name in parts[0]}
