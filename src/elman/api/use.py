"""Using what was trained: writing, predicting, measuring."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from elman.api.opened import OpenRun, open_run
from elman.errors import ConfigError
from elman.runs import LATEST
from elman.tasks import Choice, Prediction, Writing, kind, kind_of

WRITING_LENGTH = 2000  # characters of the sample that `evaluate --writing` judges

Say = Callable[[str], None]


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


def predict(
    name: str | Path, inputs: Sequence[str], *, warn: Say = warnings.warn, **options: Any
) -> Iterator[Prediction]:
    """What the best model of a run makes of each input, in order: its task is known from the run.

    Inputs are files, folders or sentences, whatever the task reads; `options` are those of the
    task. DataError names an input that cannot be used.
    """
    return open_run(name, warn=warn).predict(inputs, **options)


def evaluate(
    name: str | Path = LATEST,
    source: str | Path | None = None,
    *,
    include: Sequence[str] = (),
    writing: bool = False,
    seed: int = 0,
    warn: Say = warnings.warn,
) -> dict[str, Any]:
    """The figures of a run's best model on its held-out data, or on the whole of other data.

    Of a text: `val_loss` is in nats, `bits` and `perplexity` are per character, `characters` how
    many were counted and `unknown` the share of those outside the model's alphabet; `warn` is told
    if that is so large that the loss says little. With `writing`, a sample of 2,000 characters is
    judged, beside those of the training. DataError if the model knows none of the characters.
    Of other tasks: `figures`, those of the trivial `baselines`, and ten `examples` that `seed`
    chooses.
    """
    if include and source is None:
        raise ConfigError("--include picks files out of a folder: give the folder as DATA, too")
    opened = open_run(name, warn=warn)
    config = opened.config
    data = opened.data if source is None else _other(opened, str(source), include)
    own = data.sha256 == config.data.sha256
    found: dict[str, Any] = {"run": opened.run.folder, "step": opened.step, "task": config.task}
    if writing:
        _ = opened.text  # refused at once if it is no text
    found |= opened.skill.evaluate(data, own=own, seed=seed, warn=warn)
    if writing:
        found |= _judge(opened, seed)
    return found


def tell(found: Mapping[str, Any]) -> str:
    """What `evaluate` found, for people."""
    return kind(found["task"]).tell(found)


def _other(opened: OpenRun, source: str, include: Sequence[str]) -> Any:
    config = opened.config
    changes: dict[str, Any] = {"data": source, "sha256": ""}
    if "include" in {field.name for field in fields(config.data)}:
        changes["include"] = tuple(include)
    elif include:
        raise ConfigError(f"--include is for texts, and this run was trained on {config.task}")
    return config.kind.read(replace(config.data, **changes))


def _judge(opened: OpenRun, seed: int) -> dict[str, Any]:
    """The figures of a fresh sample, and how those of the training's samples went."""
    kind = kind_of(opened.text.source, opened.config.data.include)
    written = "".join(opened.sample(WRITING_LENGTH, seed=seed))
    rows = [{k: v for k, v in row.items() if k != "text"} for row in opened.run.samples()]
    return {"writing": Writing(opened.text.training, kind).figures(written), "curve": rows}
