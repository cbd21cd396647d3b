"""What callers know of a task before there is one: how its data is read, which tables its
`config.toml` has, which numbers are good, how it is made, and how a trained one is used.

Each task is a file of this folder that ends in a `KIND`; `kind` finds it by name, and loads no
other. What the trainer asks of a task under way is `Task`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import nn

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.tasks.task import Task

NAMES = ("text", "labels", "translation", "captions", "clips")


@dataclass(frozen=True)
class Prediction:
    """What a model makes of one input: a line for people, and the same as JSON can hold it."""

    input: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    bare: bool = False
    """Whether the text stands for itself, as a translation does, without its input before it."""


@runtime_checkable
class Skill(Protocol):
    """A trained model with what it takes to use it: its vocabulary, and how inputs are prepared."""

    @property
    def model(self) -> nn.Module:
        """The weights that are used."""
        ...

    @property
    def vocabulary(self) -> Any:
        """What `vocabulary.json` holds; it has `to_json`."""
        ...

    def evaluate(self, data: Any, *, own: bool, seed: int, warn: Any) -> dict[str, Any]:
        """Figures on the held-out part of its own data, or on the whole of other data."""
        ...

    def predict(self, inputs: Sequence[str], **options: Any) -> Iterator[Prediction]:
        """One prediction for each input, in order; DataError names an input that is none."""
        ...


@runtime_checkable
class Kind(Protocol):
    """One of the tasks that there are."""

    name: str
    """What commands and `config.toml` call it."""
    noun: str
    """What it is trained on, in one word."""
    source: type[Any]
    """The dataclass of the table [data]: `data` (a path or name), `sha256`, then its options."""
    config: type[Any]
    """The dataclass of the table [model]; it has `cell`."""

    def place(self, data: str) -> str:
        """What [data] keeps so that the data is found from any folder."""
        ...

    def read(self, source: Any) -> Any:
        """The data with its `name` and `sha256`; DataError says what is wrong with it."""
        ...

    def recipe(self, data: Any, minutes: float, steps: int) -> tuple[Any, dict[str, Any]]:
        """The model, and settings of the training, where nothing is said; 0 stands for unsaid."""
        ...

    def cell(self, config: Any, data: Any) -> Cell:
        """The cell of a configuration, ready to read what this task gives it."""
        ...

    def task(
        self, data: Any, source: Any, config: Any, cell: Cell, vocabulary: Mapping[str, Any] | None
    ) -> Task:
        """A task with fresh weights; `vocabulary` is that of a run that goes on."""
        ...

    def skill(self, source: Any, config: Any, cell: Cell, vocabulary: Mapping[str, Any]) -> Skill:
        """A model with fresh weights, to be filled with those of a checkpoint, and used."""
        ...

    def tell(self, found: Mapping[str, Any]) -> str:
        """What `Skill.evaluate` found, for people."""
        ...


class Usual:
    """The part of a `Kind` that most of them share: data by path, and the cell as it is."""

    names: tuple[str, ...] = ()
    """Data that have a name instead of a path."""

    def place(self, data: str) -> str:
        """A name, or the full path."""
        return data if data in self.names else str(Path(data).resolve())

    def cell(self, config: Any, data: Any) -> Cell:
        """The cell of a configuration."""
        return cells.get(config.cell)


def kind(name: str) -> Kind:
    """The task of that name; ConfigError lists those that there are."""
    if name not in NAMES:
        raise ConfigError(f"there is no task {name!r}: there are {', '.join(NAMES)}")
    return importlib.import_module(f"elman.tasks.{name}").KIND
