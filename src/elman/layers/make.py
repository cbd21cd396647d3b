"""From a cell, sizes and rates to layers; what does not fit is told here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError, ShapeError
from elman.graph import Step
from elman.kernels import TARGETS, Noise
from elman.layers.layer import Layer

Rates = float | Mapping[str, float]
PRECISIONS = ("full", "bf16")  # of what matrix products multiply


@dataclass(frozen=True)
class Made:
    """Layers first to last, those that read backwards apart, and what they were made with;
    `output_size` is the width of the last one's output.
    """

    cell: Cell
    input_size: int
    hidden_size: int
    output_size: int
    forwards: list[Layer]
    backwards: list[Layer]
    noise: Noise
    dropout: float
    target: str
    precision: str
    members: int


def make(
    cell: Cell | str,
    input_size: int,
    hidden_size: int,
    num_layers: int,
    *,
    bidirectional: bool,
    dropout: float,
    input_dropout: float,
    state_dropout: float,
    zoneout: Rates,
    learn_start: bool,
    target: str,
    precision: str = "full",
    sizes: Mapping[str, int] | None,
    device: torch.device | str | None,
    dtype: torch.dtype | None,
    members: int = 0,
) -> Made:
    """The layers of a `Recurrent`, whose arguments these are; ConfigError or ShapeError else."""
    cell = cells.get(cell)
    if not isinstance(sizes, Mapping | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"sizes= takes numbers by the letters of sizes, not {sizes!r}")
    if bidirectional not in (False, True):
        raise ConfigError(f"bidirectional must be True or False, not {bidirectional!r}")
    if whole("num_layers", num_layers) < 1:
        raise ConfigError(f"num_layers must be at least 1, not {num_layers}")
    if target != "auto" and target not in TARGETS:
        raise ConfigError(f"no target {target!r}: choose 'auto', 'llvm' or 'eager'")
    if precision not in PRECISIONS:
        raise ConfigError(f"no precision {precision!r}: choose 'full' or 'bf16'")
    zoned = _zoneout(cell, zoneout)
    rates = {"dropout": dropout, "input_dropout": input_dropout, "state_dropout": state_dropout}
    for name, rate in rates.items():
        _rate(name, rate)
    noise = Noise(input_dropout, state_dropout, zoned)
    forwards: list[Layer] = []
    backwards: list[Layer] = []
    width = input_size
    for _ in range(num_layers):
        given = _sizes(cell, width, hidden_size, sizes or {})
        for stack in (forwards, backwards)[: 1 + bidirectional]:
            layer = Layer(
                cell, given, noise=noise, learn_start=learn_start, members=members,
                precision=precision, device=device, dtype=dtype,
            )  # fmt: skip
            stack.append(layer)
        width = forwards[-1].output_size * (1 + bidirectional)
    return Made(
        cell, input_size, hidden_size, width, forwards, backwards, noise, dropout, target,
        precision, members,
    )  # fmt: skip


def whole(name: str, number: object) -> int:
    """The number; ConfigError unless it is a whole one."""
    if isinstance(number, bool) or not isinstance(number, int | np.integer):
        raise ConfigError(f"{name} must be a whole number, not {number!r}")
    return int(number)


def _rate(name: str, rate: object) -> float:
    """The rate; ConfigError unless it is at least 0 and below 1."""
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.floating):
        raise ConfigError(f"{name} must be a number at least 0 and below 1, not {rate!r}")
    if not 0 <= rate < 1:
        raise ConfigError(f"{name} must be at least 0 and below 1, not {rate}")
    return float(rate)


def _zoneout(cell: Cell, rates: Rates) -> tuple[tuple[str, float], ...]:
    """The rate of every state that has one."""
    given = rates if isinstance(rates, Mapping) else dict.fromkeys(cell.states, rates)
    if strange := sorted(given.keys() - cell.states.keys()):
        known = ", ".join(cell.states)
        raise ConfigError(f"zoneout names {', '.join(strange)}, but {cell.name} has {known}")
    found = {name: _rate(f"zoneout of {name}", rate) for name, rate in given.items()}
    return tuple((name, found[name]) for name in cell.states if found.get(name))


def _sizes(cell: Cell, width: int, hidden: int, more: Mapping[str, int]) -> dict[str, int]:
    """The number behind every size of a cell; ConfigError if one is missing or does not fit."""
    step: Step = cell.step
    if strange := sorted(set(more) - (set(step.sizes()) - {"D", "H"})):
        raise ConfigError(
            f"sizes= has {', '.join(strange)}, which {cell.name} does not declare; D is input_size "
            "and H is hidden_size"
        )
    sizes = {"D": width, "H": hidden, **more}
    words = {"D": "input_size", "H": "hidden_size"}
    for name, number in sizes.items():
        whole(words.get(name, f"size {name}"), number)
    wanted: Sequence[str] = [size for size in step.sizes() if size not in sizes]
    if wanted:
        example = ", ".join(f"{size!r}: 32" for size in wanted)
        raise ConfigError(f"{cell.name} needs more sizes: pass sizes={{{example}}}")
    for left, right in step.requires:
        if sizes[left] != sizes[right]:
            raise ShapeError(
                f"{cell.name} adds the input to a state without a matrix between them, so it needs "
                f"{left} = {right}, not {left} = {sizes[left]} and {right} = {sizes[right]}"
            )
    for name, number in sizes.items():
        if number < 1:
            raise ConfigError(f"size {name} must be at least 1, not {number}")
    return sizes
