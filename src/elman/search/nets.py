"""Nets: one cell with many weight sets side by side, each trained with a setting of its own.

In: a cell, an exercise, settings and a budget. Out: for each setting the share of right answers on
held-out examples. Members share the examples and nothing else; one whose numbers are no longer
finite stands still.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from elman.equations import Cell
from elman.layers import Ensemble
from elman.search.exercises import Exercise, get
from elman.search.plan import Budget
from elman.search.settings import Setting, units_for

HELD_OUT = 384  # examples that accuracy is measured on
BETAS, EPSILON = (0.9, 0.99), 1e-8
LEAVE = (
    2.5  # first weights of the readout, in units of 1 / sqrt(H): memorization takes a fifth less
)


@dataclass(frozen=True)
class Data:
    """Examples as tensors, with the places in (T * rows) that are counted."""

    inputs: Tensor
    targets: Tensor
    counted: Tensor

    @property
    def number(self) -> int:
        return self.inputs.shape[1]

    def columns(self, chosen: Tensor) -> Data:
        """Some of the examples."""
        return Data(self.inputs[:, chosen], self.targets[:, chosen], self.counted[:, chosen])


@lru_cache(maxsize=16)
def data(name: str, seed: int, number: int, held_out: bool) -> Data:
    """The examples of an exercise, made once in a process."""
    made = get(name).examples(seed, number, held_out=held_out)
    parts = made.inputs, made.targets, made.counted
    return Data(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))


class Nets(nn.Module):
    """`len(settings)` nets of the same cell: letters in, scores of letters out.

    They have as many units as the parameters of the budget allow, unless `units` are given.
    """

    def __init__(
        self,
        cell: Cell,
        exercise: Exercise,
        settings: Sequence[Setting],
        budget: Budget,
        units: int | None = None,
    ) -> None:
        super().__init__()
        self.exercise = exercise
        members, self.members = len(settings), len(settings)
        features = len(exercise.letters) or exercise.width
        answers = len(exercise.letters) or 1
        units = units or units_for(cell, budget.parameters, budget.layers, features, answers)
        self.units = units
        self.layer = Ensemble(cell, members, units, units, budget.layers)
        self.enter = nn.Parameter(torch.empty(members, features, units))
        self.leave = nn.Parameter(torch.empty(members, units, answers))
        self.bias = nn.Parameter(torch.zeros(members, 1, answers))
        scales = torch.tensor([setting.scale for setting in settings])
        self._start(scales)

    @torch.no_grad()
    def _start(self, scales: Tensor) -> None:
        """First weights by scale; biases at zero, and what the equations declare as declared."""
        bound = 1 / math.sqrt(self.units)
        nn.init.uniform_(self.enter, -1, 1)
        nn.init.uniform_(self.leave, -LEAVE * bound, LEAVE * bound)
        for layer in self.layer.stack:
            for name, parameter in layer.cell.parameters.items():
                whole: Tensor = getattr(layer, name)
                if parameter.start is not None:
                    continue
                if len(parameter.shape) < 2:
                    whole.zero_()
                else:
                    whole.mul_(scales[:, None, None])

    @property
    def size(self) -> int:
        """Parameters of one member."""
        return sum(parameter[0].numel() for parameter in self.parameters())

    @torch.no_grad()
    def kept(
        self, members: Sequence[int], settings: Sequence[Setting], budget: Budget, optimizer: Adam
    ) -> tuple[Nets, Adam]:
        """Some of the members with their weights, and an optimizer that goes on where theirs is."""
        nets = Nets(self.layer.cell, self.exercise, settings, budget, self.units)
        after, chosen = Adam(nets, settings), list(members)
        for parameter, own in zip(nets.parameters(), self.parameters(), strict=True):
            parameter.copy_(own[chosen])
        sizes = [parameter.numel() for parameter in self.parameters()]
        for new, old in ((after.first, optimizer.first), (after.second, optimizer.second)):
            parts = [part.view(self.members, -1)[chosen] for part in old.split(sizes)]
            new.copy_(torch.cat([part.reshape(-1) for part in parts]))
        after.steps = optimizer.steps
        return nets, after

    def forward(self, inputs: Tensor, places: Tensor) -> Tensor:
        """Scores (members, n, answers) at `places` of (T * rows)."""
        x = self._entered(inputs)
        y, _ = self.layer(x)
        steps, members, rows, units = y.shape
        chosen = y.transpose(0, 1).reshape(members, steps * rows, units)[:, places]
        return torch.baddbmm(self.bias, chosen, self.leave)

    def _entered(self, inputs: Tensor) -> Tensor:
        """What the first layer reads: (T, members, rows, units)."""
        members, features, units = self.enter.shape
        if inputs.dim() == 3:
            return torch.einsum("tbf,mfu->tmbu", inputs, self.enter)
        shift = torch.arange(members)[:, None] * features
        letters = inputs[:, None] + shift
        return nn.functional.embedding(letters, self.enter.view(members * features, units))


class Adam:
    """Adam on each member with its own rate, after its gradient is cut to its own norm.

    All parameters lie in one tensor, and so do their gradients: a dozen calls make an update.
    """

    def __init__(self, nets: Nets, settings: Sequence[Setting]) -> None:
        self.parameters = list(nets.parameters())
        sizes = [parameter.numel() for parameter in self.parameters]
        self.flat = torch.cat([parameter.detach().reshape(-1) for parameter in self.parameters])
        for parameter, part in zip(self.parameters, self.flat.split(sizes), strict=True):
            parameter.data = part.view(parameter.shape)
        self.gradient, self.first, self.second = (torch.zeros_like(self.flat) for _ in range(3))
        parts = zip(self.parameters, self.gradient.split(sizes), strict=True)
        self.by_member = [part.view(len(settings), -1) for _, part in parts]
        if len(settings) == 1:  # then all of it is one part
            self.by_member = [self.gradient.view(1, -1)]
        self.norms = torch.tensor([setting.norm for setting in settings])
        rates = torch.tensor([setting.rate for setting in settings])
        self.rates = torch.cat([rates[:, None].expand_as(p).reshape(-1) for p in self.by_member])
        self.steps = 0

    @torch.no_grad()
    def step(self, loss: Tensor, share: float) -> None:
        """One update; `share` of the rates."""
        found = torch.autograd.grad(
            loss, self.parameters, allow_unused=True, materialize_grads=True
        )
        torch.cat([part.reshape(-1) for part in found], out=self.gradient)
        self._cut()
        self.steps += 1
        before, after = (1 - beta**self.steps for beta in BETAS)
        self.first.lerp_(self.gradient, 1 - BETAS[0])
        self.second.mul_(BETAS[1]).addcmul_(self.gradient, self.gradient, value=1 - BETAS[1])
        below = (self.second / after).sqrt_().add_(EPSILON)
        self.flat.addcdiv_(self.first * self.rates, below, value=-share / before)

    def _cut(self) -> None:
        """Cut each member's gradient to its norm; one that is not finite becomes zero."""
        squares = torch.stack([part.square().sum(1) for part in self.by_member]).sum(0)
        norm = squares.sqrt()
        factors = torch.where(norm.isfinite(), (self.norms / (norm + 1e-12)).clamp(max=1.0), 0.0)
        for part in self.by_member:
            part.mul_(factors[:, None])
        if not norm.isfinite().all():
            self.gradient.nan_to_num_(0.0, 0.0, 0.0)


def train(
    nets: Nets,
    optimizer: Adam,
    examples: Data,
    budget: Budget,
    random: np.random.Generator,
    *,
    begun: int = 0,
    until: int | None = None,
) -> Iterator[int]:
    """Train, step by step from `begun` on: the number of steps done comes back after each."""
    for done in range(begun, budget.steps if until is None else until):
        chosen = torch.from_numpy(random.integers(examples.number, size=budget.rows))
        batch = examples.columns(chosen)
        loss = _loss(nets, batch)
        optimizer.step(loss, _share(done, budget.steps))
        yield done + 1


def _share(done: int, steps: int) -> float:
    """Rates rise over the first steps, stay, and fall over the last quarter to a tenth."""
    rising = (done + 1) / max(1, steps // 20)
    falling = 1 - 0.9 * max(0.0, (done / steps - 0.75) / 0.25)
    return min(1.0, rising, falling)


def _loss(nets: Nets, batch: Data) -> Tensor:
    """The mean loss of each member, summed over members, which keeps their gradients apart."""
    places = batch.counted.reshape(-1).nonzero()[:, 0]
    wanted = batch.targets.reshape(-1)[places]
    scores = nets(batch.inputs, places)
    members, number, answers = scores.shape
    if nets.exercise.width:
        return (scores[..., 0] - wanted).square().mean(1).sum()
    every = wanted.expand(members, number).reshape(-1)
    loss = nn.functional.cross_entropy(scores.view(-1, answers), every, reduction="sum")
    return loss / number


@torch.no_grad()
def accuracy(nets: Nets, examples: Data) -> list[float]:
    """Each member's share of right answers."""
    places = examples.counted.reshape(-1).nonzero()[:, 0]
    wanted = examples.targets.reshape(-1)[places]
    scores = nets(examples.inputs, places)
    finite = scores.isfinite().all(dim=(1, 2)) if scores.numel() else torch.ones(nets.members)
    if nets.exercise.width:
        right = (scores[..., 0] - wanted).abs() < nets.exercise.tolerance
    else:
        right = scores.argmax(-1) == wanted
    return [float(share) for share in right.float().mean(1) * finite]
