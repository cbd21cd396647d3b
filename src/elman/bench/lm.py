"""Training a character model: Elman's training step beside a plain torch script of the same recipe.

Both train on the same text in one process, a few steps each in turn, so a ratio of speeds is of the
same seconds of the same machine; their losses say that both learn the same.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from elman.bench.report import grid, machine
from elman.bench.rounds import on_threads
from elman.data import TextData
from elman.errors import ConfigError
from elman.tasks import TextConfig, TextTask
from elman.training import TrainingConfig, recipe
from elman.training.updates import Updates

CELLS = ("lstm", "gru")
TURN = 5  # steps before the other's turn


def script() -> Path:
    """Where the torch script lies: in a clone, or in what was installed."""
    here = Path(__file__).resolve()
    places = [here.parents[3] / "benchmarks", here.parents[1] / "benchmarks"]
    found = [path for folder in places if (path := folder / "plain_torch.py").exists()]
    if not found:
        raise ConfigError("benchmarks/plain_torch.py is not there: run this in a clone of Elman")
    return found[0]


def measure(
    text: TextData,
    cells: Sequence[str],
    steps: int,
    threads: int | None,
    tell: Callable[[str], None] = lambda _: None,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    for cell in cells:
        if cell not in CELLS:
            raise ConfigError(f"there is no benchmark of {cell!r}: choose from {', '.join(CELLS)}")
    if steps < TURN:
        raise ConfigError(f"a training of {steps} steps is too short: take {TURN} or more")
    with on_threads(threads) as count:
        rows = [_row(text, cell, steps, seed, tell) for cell in cells]
    about = {"name": text.name, "sha256": text.sha256, "bytes": text.size}
    return {"machine": machine(count), "text": about, "seed": seed, "results": rows}


def _row(
    text: TextData, cell: str, steps: int, seed: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """One cell: speeds, losses along the way, and on the held-out text in the end."""
    config, training = recipe(0.0, len(text.training), len(set(text.training)), steps=steps)
    config = replace(config, cell=cell)
    ours = Ours(text, config, training, seed)
    theirs = plain(text, config, training, seed)
    trainings: dict[str, Any] = {"elman": ours, "torch": theirs}
    losses: dict[str, list[float]] = {name: [] for name in trainings}
    seconds: dict[str, list[float]] = {name: [] for name in trainings}
    for number in range(0, steps, TURN):
        tell(f"{cell}, step {number} of {steps}")
        order = list(trainings) if number // TURN % 2 else list(trainings)[::-1]
        for name in order:
            start = time.perf_counter()
            for step in range(number, min(number + TURN, steps)):
                losses[name].append(trainings[name].step(step / steps))
            seconds[name].append(time.perf_counter() - start)
    warm = 1 if len(seconds["elman"]) > 1 else 0  # the first turn compiles
    pairs = zip(seconds["torch"][warm:], seconds["elman"][warm:], strict=True)
    tokens = ours.task.tokens_per_step * TURN
    last = max(1, steps // 10)
    return {
        "cell": cell,
        "hidden": ours.task.config.hidden,
        "ratio": statistics.median(a / b for a, b in pairs),
        "characters a second": {
            name: tokens / statistics.median(each[warm:]) for name, each in seconds.items()
        },
        "last losses": {name: statistics.mean(each[-last:]) for name, each in losses.items()},
        "val_loss": {"elman": ours.task.score(), "torch": theirs.score()},
    }


class Ours:
    """A training step as `training.train` does it."""

    def __init__(
        self, text: TextData, config: TextConfig, training: TrainingConfig, seed: int = 0
    ) -> None:
        torch.manual_seed(seed)
        self.task = TextTask(text, config, config.cell)
        self.updates = Updates(self.task.model, training)
        self.task.model.train()

    def step(self, progress: float) -> float:
        """One step at a progress from 0 to 1; the loss before it."""
        loss = self.task.loss()
        loss.backward()
        self.updates.apply(progress)
        return loss.item()


def plain(text: TextData, config: TextConfig, training: TrainingConfig, seed: int = 0) -> Any:
    """The training of the script."""
    spec = importlib.util.spec_from_file_location("plain_torch", script())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(seed)
    return module.Training(
        text.training + text.validation, config.cell, hidden=config.hidden,
        embedding=config.embedding, rate=config.dropout, batch=config.batch, window=config.window,
        lr=training.lr, muon_rate=training.muon_rate, beta=training.beta1,
    )  # fmt: skip


def table(results: Mapping[str, Any]) -> Table:
    """What a person reads."""
    speeds = ("elman char/s", "torch char/s", "ratio")
    made = grid("cell", right=("units", *speeds, "elman nats", "torch nats"))
    for row in results["results"]:
        speeds = (f"{row['characters a second'][who]:,.0f}" for who in ("elman", "torch"))
        losses = (f"{row['val_loss'][who]:.3f}" for who in ("elman", "torch"))
        made.add_row(row["cell"], str(row["hidden"]), *speeds, f"{row['ratio']:.2f}", *losses)
    return made
