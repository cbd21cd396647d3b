"""A recurrent layer that a file holds, in torch's names, whatever the file calls its parts.

Each reader returns `Found` layers; `choose` picks among them and `assign` fills a layer. The names
are those of torch.nn.LSTM, GRU and RNN, for cells too: `weight_ih_l0`, `bias_hh_l1_reverse`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

GATES = {4: "LSTM", 3: "GRU", 1: "RNN"}
PARAMETER = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)_l(\d+)(_reverse)?")


@dataclass(frozen=True)
class Found:
    """One recurrent layer of a file.

    `read` gives its tensors by their names in torch, and what else the file keeps under `name`. It
    raises DataError where no layer computes the same. `nonlinearity` is "tanh" or "relu" of a plain
    network, where the file says it; `reset` is "before" of a GRU whose reset gate acts before the
    product, unlike torch's.
    """

    name: str
    read: Callable[[], Mapping[str, Tensor]]
    nonlinearity: str = ""
    reset: str = "after"


def reordered(rows: Tensor, order: Sequence[int]) -> Tensor:
    """The blocks of rows, one per gate, in another order: `order[k]` is the block that comes k-th.

    Gates in torch: i, f, g, o (LSTM) and r, z, n (GRU).
    """
    blocks = rows.chunk(len(order))
    return torch.cat([blocks[k] for k in order])


def stacked(layers: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Several found layers as one, the first at the bottom: their numbers are counted on."""
    tensors: dict[str, Tensor] = {}
    below = 0
    for layer in layers:
        for name, tensor in layer.items():
            tensors[_raised(name, below)] = tensor
        below += depth(layer)
    return tensors


def depth(names: Mapping[str, object]) -> int:
    """The number of layers that torch's names speak of."""
    found = [PARAMETER.fullmatch(name) for name in names]
    return 1 + max((int(match[2]) for match in found if match), default=-1)


def _raised(name: str, below: int) -> str:
    match = PARAMETER.fullmatch(name)
    if match is None:
        return name
    return f"{match[1]}_l{int(match[2]) + below}{match[3] or ''}"


def described(shapes: Mapping[str, Sequence[int]]) -> str:
    """How torch would make it: `LSTM(3, 4, num_layers=2)`, from the shapes of its parameters."""
    inward, recurrent = shapes.get("weight_ih_l0", ()), shapes.get("weight_hh_l0", ())
    if len(inward) != 2 or len(recurrent) != 2:
        return "a part of a recurrent layer"
    projected = shapes.get("weight_hr_l0", ())
    units = projected[-1] if projected else recurrent[1]
    kind = GATES.get(recurrent[0] // max(units, 1), "recurrent layer")
    words = [str(inward[1]), str(units)]
    if (layers := depth(shapes)) > 1:
        words.append(f"num_layers={layers}")
    if "bias_ih_l0" not in shapes:
        words.append("bias=False")
    if "weight_ih_l0_reverse" in shapes:
        words.append("bidirectional=True")
    if projected:
        words.append(f"proj_size={projected[0]}")
    return f"{kind}({', '.join(words)})"
