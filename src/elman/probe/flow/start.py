"""What is decided before training: the spectral radius of the recurrent matrices.

A fresh layer, its recurrent matrices drawn with independent normal numbers of variance 1 / H, whose
spectral radius is about 1 (J. Ginibre, 1965), and scaled. For the plain network at rest the largest
exponent is the logarithm of the radius: below 1 gradients vanish, and only above 1 can they explode
(R. Pascanu et al., ICML 2013). With an input, units saturate and the exponent is smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman import cells
from elman.equations import Cell
from elman.graph import Dependence
from elman.layers import Recurrent
from elman.probe.flow.spectrum import exponents

SCALES = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
SETTLE = 50  # steps before anything is measured

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StartFlow:
    """For each scale: the largest spectral radius and the largest singular value of the recurrent
    matrices, and the largest exponent per step. `crossing` is the radius at which the exponent
    passes through 0, NaN if it does not.
    """

    cell: str
    scales: Array
    radii: Array
    norms: Array
    exponents: Array
    crossing: float
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in vars(self).items()}  # fmt: skip


def flow_at_start(
    cell: Cell | str,
    hidden: int = 64,
    *,
    scales: Sequence[float] | Array = SCALES,
    drive: float = 0.0,
    steps: int = 100,
    seed: int = 0,
) -> StartFlow:
    """The largest exponent of a fresh layer for each scale of its recurrent matrices.

    `drive` is the standard deviation of the inputs; with 0 the layer is at rest where it starts.
    """
    cell = cells.get(cell)
    found: list[tuple[float, float, float]] = []
    for scale in map(float, scales):
        net = _fresh(cell, hidden, scale, seed)
        found.append((*_sizes(net), _largest(net, drive, steps, seed)))
    radii, norms, largest = (np.array(column) for column in zip(*found, strict=True))
    crossing = _crossing(radii, largest)
    return StartFlow(
        cell.name, np.array(scales, float), radii, norms, largest, crossing,
        _words(cell.name, crossing, largest),
    )  # fmt: skip


def recurrent_matrices(cell: Cell) -> list[str]:
    """The square matrices that apply to something of the state."""
    step = cell.step
    names = [
        node.args[0].name
        for node in step.nodes()
        if node.op == "linear" and node.args[1].dependence == Dependence.STATE
    ]
    shapes = {name: parameter.shape for name, parameter in cell.parameters.items()}
    return [n for n in dict.fromkeys(names) if shapes[n][0] == shapes[n][1]]


@torch.no_grad()
def _fresh(cell: Cell, hidden: int, scale: float, seed: int) -> Recurrent:
    generator = torch.Generator().manual_seed(seed)
    more = {size: hidden for size in cell.step.sizes() if size not in ("D", "H")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Recurrent(cell, hidden, hidden, sizes=more, dtype=torch.float64)
    layer = net.stack[0]
    for name, parameter in cell.parameters.items():
        tensor = layer.get_parameter(name)
        if name in recurrent_matrices(cell):
            drawn = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
            tensor.copy_(scale * drawn / hidden**0.5)
        elif len(parameter.shape) == 1 and parameter.start is None:
            tensor.zero_()
    return net


def _sizes(net: Recurrent) -> tuple[float, float]:
    """The largest spectral radius and the largest singular value."""
    layer = net.stack[0]
    matrices = [layer.get_parameter(n).detach().numpy() for n in recurrent_matrices(net.cell)]
    if not matrices:
        return 0.0, 0.0
    radius = max(float(np.abs(np.linalg.eigvals(m)).max()) for m in matrices)
    return radius, max(float(np.linalg.norm(m, 2)) for m in matrices)


def _largest(net: Recurrent, drive: float, steps: int, seed: int) -> float:
    generator = torch.Generator().manual_seed(seed + 1)
    length = SETTLE + steps
    x = drive * torch.randn(length, 1, net.input_size, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        _, every = net(x, return_states="all")
    parts = every if isinstance(every, tuple) else (every,)
    before = tuple(part[0, SETTLE - 1 : -1, 0] for part in parts)
    logs = exponents(net, x[SETTLE:, 0], before, 1)
    return float(logs[len(logs) // 4 :].mean())  # the first steps turn towards the direction


def _crossing(radii: Array, largest: Array) -> float:
    for k in range(len(radii) - 1):
        if largest[k] < 0 <= largest[k + 1]:
            share = -largest[k] / (largest[k + 1] - largest[k])
            return float(radii[k] + share * (radii[k + 1] - radii[k]))
    return float("nan")


def _words(name: str, crossing: float, largest: Array) -> str:
    if not np.isnan(crossing):
        return f"{name}: vanishes below a spectral radius of about {crossing:.2f}, explodes above"
    if (largest < 0).all():
        return f"{name}: vanishes at every scale that was tried"
    return f"{name}: explodes at every scale that was tried"
