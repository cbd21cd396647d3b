"""A run with its best weights, ready to be used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from elman.data import TextData
from elman.equations import Cell
from elman.errors import RunError
from elman.models import LanguageModel
from elman.runs import LATEST, Checkpoint, Run, find
from elman.tasks import Choice, Prediction, Skill
from elman.tasks.text_skill import TextSkill
from elman.training import RunConfig, load_weights

Say = Callable[[str], None]


@dataclass(frozen=True)
class OpenRun:
    """A run with its best weights, ready to be used."""

    run: Run
    config: RunConfig
    skill: Skill
    step: int

    @property
    def model(self) -> Any:
        """The model, in evaluation mode."""
        return self.skill.model

    @property
    def vocabulary(self) -> Any:
        """What it reads and writes, token by token."""
        return self.skill.vocabulary

    @cached_property
    def data(self) -> Any:
        """The data it was trained on; RunError if that is no longer what it was."""
        return same_data(self.config, self.run.folder)

    @property
    def text(self) -> TextData:
        """The text it was trained on, if it was one."""
        _ = self._writer
        return self.data

    def sample(
        self, length: int, *, prime: str = "", choice: Choice | None = None, seed: int = 0
    ) -> Iterator[str]:
        """`length` characters that go on from `prime`, one by one; RunError if it cannot write."""
        return self._writer.sample(length, prime=prime, choice=choice, seed=seed)

    def predict(self, inputs: Sequence[str], **options: Any) -> Iterator[Prediction]:
        """What the model makes of each input, in order; `options` are those of its task."""
        return self.skill.predict(inputs, **options)

    def tables(self) -> str | None:
        """For a text of a few letters: the scores at each step, and the states behind them."""
        skill = self.skill
        return skill.tables(self.text) if isinstance(skill, TextSkill) else None

    @property
    def _writer(self) -> TextSkill:
        skill = self.skill
        if not isinstance(skill, TextSkill):
            raise RunError(
                f"{self.run.folder} was trained on {self.config.task}, it does not write: "
                f"give it inputs with elman predict {self.run.folder} INPUT"
            )
        return skill


def open_run(name: str | Path = LATEST, *, warn: Say = warnings.warn) -> OpenRun:
    """A run with the weights of its best checkpoint; RunError if it has none yet.

    `warn` is told if that one is damaged and another one is taken.
    """
    run = find(name, ready=True)
    checkpoints = run.checkpoints()
    checkpoint = whole(run, checkpoints.best(), checkpoints.skipped, warn)
    if checkpoint is None:
        raise RunError(
            f"{run.folder} has no checkpoint yet: let it train longer, or elman resume {run.folder}"
        )
    config, vocabulary = RunConfig.from_tables(run.config()), kept_vocabulary(run)
    skill = config.kind.skill(config.data, config.model, kept_cell(run), vocabulary)
    model: LanguageModel | Any = skill.model
    load_weights(model, checkpoint.model(), str(checkpoint.folder))
    model.eval()
    return OpenRun(run, config, skill, checkpoint.step)


def whole(
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


def same_data(config: RunConfig, folder: Path) -> Any:
    """The data of a run, read again; RunError if it is no longer what it was."""
    found = config.kind.read(config.data)
    if found.sha256 != config.data.sha256:
        noun = config.kind.noun
        raise RunError(
            f"{config.data.data} is not the {noun} that {folder} was trained on (its SHA-256 "
            f"begins with {found.sha256[:8]}, not {config.data.sha256[:8]}): put the old {noun} "
            "back, or train anew"
        )
    return found


def kept_cell(run: Run) -> Cell:
    """The equations of a run; RunError if they are lost."""
    equations = run.equations()
    if equations is None:
        raise RunError(f"{run.folder} has lost its equations (cell.eq): put the file back")
    return Cell(equations, name=run.facts().get("cell") or "cell")


def kept_vocabulary(run: Run) -> dict[str, Any]:
    """The vocabulary of a run as it is kept; RunError if it is lost."""
    found = run.vocabulary()
    if found is None:
        raise RunError(f"{run.folder} has lost its vocabulary.json: put the file back")
    return found
