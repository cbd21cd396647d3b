"""Training, and going on with it."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from elman.api.opened import kept_cell, kept_vocabulary, same_data, whole
from elman.errors import ConfigError
from elman.runs import LATEST, RunWriter, find
from elman.tasks import Kind, Task, kind
from elman.training import Outcome, RunConfig, Silent, TrainingConfig, Watcher, listening
from elman.training import train as run_training

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What became of a training. Losses are in nats per token (of a text: per character)."""

    run: Path
    steps: int
    seconds: float
    tokens_per_second: float
    val_loss: float | None
    """Over the whole held-out part, of the checkpoint that is kept as the best."""
    parameters: int
    signal: int | None = None
    """The signal that stopped it before its end, if one did."""
    unit: str = "characters"
    """What a token is, in the plural."""

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {name: v for name, v in vars(self).items() if name not in ("signal", "unit")}


def plan(
    data: Any,
    source: Any,
    *,
    task: str = "text",
    minutes: float = 0.0,
    steps: int = 0,
    **changes: Any,
) -> RunConfig:
    """The configuration of a run: the recipe, and over it what is asked for in `changes`.

    `source` is what [data] holds, or its path or name alone. `changes` are fields of the task's
    model and of `TrainingConfig`; those that are None count as not given. ConfigError for a name
    that neither has.
    """
    of = kind(task)
    model, settings = of.recipe(data, minutes, steps)
    training = TrainingConfig(**settings)
    for name, value in changes.items():
        if hasattr(model, name):
            model = model if value is None else replace(model, **{name: value})
        elif hasattr(training, name):
            training = training if value is None else replace(training, **{name: value})
        else:
            raise ConfigError(f"a training has no option {name!r}: see elman train {task} --help")
    for name in ("hidden", "layers", "batch"):
        if (value := getattr(model, name)) < 1:
            raise ConfigError(f"{name} must be at least 1, not {value}: left out, it is chosen")
    source = of.source(source, data.sha256) if isinstance(source, str) else source
    return RunConfig(source, model, training, task)


def train(
    source: str | Path,
    /,
    *,
    task: str = "text",
    minutes: float = 0.0,
    steps: int = 0,
    folder: Path | None = None,
    seed: int = 0,
    watcher: Watcher | None = None,
    **changes: Any,
) -> Trained:
    """Train a model on data: for the task `text`, a character language model.

    `source` is what the task reads: of a text, a built-in name, a file, or a folder (with globs in
    `include`). It ends after `minutes` of wall-clock time, evaluations included, or after `steps`,
    whichever comes first; `changes` are options of data, model and training (`cell="gru"`,
    `hidden=512`, `lr=1e-3`). Raises DataError, ConfigError, RunError or EquationError, each with
    what to do next.
    """
    since = time.monotonic()
    of = kind(task)
    origin, rest = _origin(of, source, changes)
    data = of.read(origin)
    origin = replace(origin, data=of.place(origin.data), sha256=data.sha256)
    config = plan(data, origin, task=task, minutes=minutes, steps=steps, seed=seed, **rest)
    cell = of.cell(config.model, data)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = of.task(data, origin, config.model, cell, None)
        with listening():  # from here on there is a run that must end well
            run = RunWriter.create(
                task,
                cell.name,
                config=config.to_tables(),
                equations=cell.text,
                seed=seed,
                command=sys.argv,
                vocabulary=made.vocabulary.to_json(),
                folder=folder,
            )
            outcome = run_training(made, config.training, run, watcher or Silent(), since=since)
    return _trained(run, made, outcome)


def resume(
    name: str | Path = LATEST, *, watcher: Watcher | None = None, warn: Say = warnings.warn
) -> Trained | None:
    """Go on with a run exactly where it stopped, or from its start if it has no checkpoint yet.

    None if it was done already. `warn` is told if that is an earlier place than the last, because
    a checkpoint is damaged. RunError if its data has changed or another process writes it.
    """
    since = time.monotonic()
    run = find(name)
    if run.status() == "done":
        return None
    config = RunConfig.from_tables(run.config())
    data = same_data(config, run.folder)
    checkpoints = run.checkpoints()
    checkpoint = whole(run, checkpoints.latest(), checkpoints.skipped, warn)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        vocabulary = kept_vocabulary(run)
        task = config.kind.task(data, config.data, config.model, kept_cell(run), vocabulary)
        after = checkpoint.step if checkpoint else None
        with listening():
            writer = RunWriter.reopen(run.folder, after=after, command=sys.argv)
            outcome = run_training(
                task,
                config.training,
                writer,
                watcher or Silent(),
                checkpoint=checkpoint,
                since=since,
            )
    return _trained(writer, task, outcome)


def _origin(of: Kind, source: str | Path, changes: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What [data] will hold, and the changes that are left for model and training."""
    # a path is never taken for a built-in name
    given = source if isinstance(source, str) else os.path.join(".", source)  # noqa: PTH118
    names = {field.name for field in fields(of.source)} - {"data", "sha256"}
    own = {name: value for name, value in changes.items() if name in names and value is not None}
    own = {name: tuple(v) if isinstance(v, list) else v for name, v in own.items()}
    rest = {name: value for name, value in changes.items() if name not in names}
    return of.source(given, "", **own), rest


def _trained(run: RunWriter, task: Task, outcome: Outcome) -> Trained:
    return Trained(
        run=run.folder,
        steps=outcome.steps,
        seconds=outcome.seconds,
        tokens_per_second=outcome.tokens_per_second,
        val_loss=outcome.score,
        parameters=sum(parameter.numel() for parameter in task.model.parameters()),
        signal=outcome.signal,
        unit=task.unit,
    )
