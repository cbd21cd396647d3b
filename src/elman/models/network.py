"""The recurrent part of a model, made from a cell and three numbers, and started well."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.layers import Recurrent


def network(
    cell: Cell | str,
    features: int,
    hidden: int,
    layers: int = 1,
    *,
    dropout: float = 0.0,
    bidirectional: bool = False,
    static: int = 0,
    target: str = "auto",
) -> Recurrent:
    """Layers of a cell over vectors of `features` numbers, started by `start`.

    Sizes that the cell declares besides D and H are half of `hidden`; that of a static input v is
    `static`. ConfigError if the cell reads anything else beside x.
    """
    cell = cells.get(cell)
    own = {leaf.size for leaf in cell.step.statics if static and leaf.name == "v"}
    if more := [
        leaf.name
        for leaf in (*cell.step.inputs, *cell.step.statics)
        if leaf.name != "x" and not (static and leaf.name == "v")
    ]:
        raise ConfigError(
            f"{cell.name} reads {', '.join(more)} beside x, and this task has nothing to give it: "
            "take a cell that reads x alone"
        )
    sizes = {
        size: static if size in own else max(1, hidden // 2)
        for size in cell.step.sizes()
        if size not in ("D", "H")
    }
    made = Recurrent(
        cell, features, hidden, layers, dropout=dropout, bidirectional=bidirectional,
        target=target, sizes=sizes,
    )  # fmt: skip
    start(made)
    return made


def width(cell: Cell, features: int, hidden: int) -> int:
    """How many numbers x has: `features`, or `hidden` where the equations add x to the state."""
    return features if "D" in cell.step.sizes() else hidden


@torch.no_grad()
def start(recurrent: Recurrent) -> None:
    """Start the layers where the equations leave it open: recurrent matrices orthogonal (A. Saxe
    et al., ICLR 2014), input matrices within 1 / sqrt(D), biases 0.
    """
    for layer in recurrent.stack:
        for name, parameter in layer.cell.parameters.items():
            tensor = layer.get_parameter(name)
            if parameter.start is not None or tensor.dim() == 0:
                continue
            if tensor.dim() == 1:
                nn.init.zeros_(tensor)
            elif parameter.shape[0] == parameter.shape[1]:
                nn.init.orthogonal_(tensor)
            else:
                bound = tensor.shape[1] ** -0.5
                nn.init.uniform_(tensor, -bound, bound)


def mask(lengths: Tensor, steps: int) -> Tensor:
    """True at [t, b] where row b has a step t: (T, B)."""
    return torch.arange(steps, device=lengths.device)[:, None] < lengths[None, :]


def entrance(given: int, wanted: int) -> nn.Module:
    """A matrix between vectors of two sizes, or nothing where they are of one."""
    return nn.Identity() if given == wanted else nn.Linear(given, wanted)
