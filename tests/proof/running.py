"""Running a trial on a kernel: tensors in any layout, some of which need a gradient.

`run` gives arrays by the names of `witness.computed`. What needs no gradient is left out, and
what torch calls None is zero.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from elman.derive import prefixed
from elman.equations import Cell
from elman.graph import verify
from elman.kernels import Arguments, Kernel, compile
from elman.kernels.llvm import LLVM
from proof.trial import Trial, step_of
from witness import Results
from zoo import machine

Array = np.ndarray
Place = Callable[[Tensor], Tensor]  # the same numbers, somewhere else in memory


def compiled(trial: Trial) -> Kernel:
    """The machine code of a trial. Few are held: thousands of cells pass through."""
    return _compiled(trial.cell, trial.dropout, trial.width)


@lru_cache(maxsize=2)
def _compiled(cell: Cell, dropout: float, width: str) -> Kernel:
    return LLVM(verify(step_of(cell, dropout)), machine(width))


def on_eager(trial: Trial, dtype: torch.dtype) -> Results:
    """The trial on the eager target."""
    return run(trial, compile(trial.step, "eager"), dtype)


def run(
    trial: Trial,
    kernel: Kernel | None = None,
    dtype: torch.dtype = torch.float64,
    place: Place | None = None,
) -> Results:
    """Outputs, states and gradients of a trial; `place` says where its tensors lie in memory."""
    pick = random.Random(trial.seed)
    place = place or (lambda tensor: laid(tensor, pick) if trial.spread else tensor)
    given = {n: place(torch.tensor(v, dtype=dtype)) for n, v in trial.case.tensors.items()}
    wanted = wants(trial)
    for name in wanted:
        given[name] = given[name].detach().requires_grad_()
    results = (kernel or compiled(trial))(arguments(trial, given), history=trial.history)
    outputs: dict[str, Tensor] = {"y": results.outputs["y"], **results.final}
    outputs |= {f"{name}'": value for name, value in results.history.items()}
    seeds = {n: place(torch.tensor(v, dtype=dtype)) for n, v in arriving(trial).items()}
    pairs = [(outputs[n], seed) for n, seed in seeds.items() if outputs[n].requires_grad]
    gradients = torch.autograd.grad(
        [output for output, _ in pairs],
        [given[name] for name in wanted],
        [seed for _, seed in pairs],
        allow_unused=True,
    )
    for name, gradient in zip(wanted, gradients, strict=True):
        outputs[prefixed(name)] = torch.zeros_like(given[name]) if gradient is None else gradient
    return {name: value.detach().numpy() for name, value in outputs.items()}


def wants(trial: Trial) -> list[str]:
    """The tensors that need a gradient: all, or some."""
    names = list(trial.case.tensors)
    if not trial.partly:
        return names
    pick = random.Random(trial.seed)
    return [name for name in names if pick.random() < 0.6] or names[:1]


def arriving(trial: Trial) -> Mapping[str, Array]:
    """The gradients sent back, by the name of what they are for; zeros are not sent."""
    case = trial.case
    seeds = {"y": case.y, **{n: v for n, v in case.final.items() if v.any() or not trial.partly}}
    return seeds | ({f"{n}'": v for n, v in case.history.items()} if trial.history else {})


def arguments(trial: Trial, given: Mapping[str, Tensor]) -> Arguments:
    """The tensors of a trial as a kernel takes them."""

    def of(group: Mapping[str, Array]) -> dict[str, Tensor]:
        return {name: given[name] for name in group}

    case = trial.case
    groups = (of(group) for group in (case.inputs, case.states, case.fixed, case.statics))
    return Arguments(*groups, trial.rows, seed=trial.seed)


def laid(tensor: Tensor, pick: random.Random) -> Tensor:
    """The same numbers with an offset, or with gaps, or with the axes in another order."""
    match pick.randrange(5):
        case 0 if tensor.dim():  # columns of a wider table, from its second on
            wide = tensor.new_full((*tensor.shape[:-1], tensor.shape[-1] + 3), torch.nan)
            view = wide[..., 1 : tensor.shape[-1] + 1]
        case 1 if tensor.dim():  # every other number
            view = tensor.new_full((*tensor.shape[:-1], 2 * tensor.shape[-1]), torch.nan)[..., ::2]
        case 2 if tensor.dim() > 1:  # the first two axes exchanged in memory: batch first
            shape = (tensor.shape[1], tensor.shape[0], *tensor.shape[2:])
            view = tensor.new_full(shape, torch.nan).transpose(0, 1)
        case 3:  # an address that no vector is aligned to
            view = tensor.new_full((tensor.numel() + 1,), torch.nan)[1:].view(tensor.shape)
        case _:
            return tensor
    view.copy_(tensor)
    return view
