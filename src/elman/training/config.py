"""What a training is: how long, how fast, and everything else that `config.toml` keeps.

In: options, or the tables of a `config.toml`. Out: frozen dataclasses that print back to the same
tables. What is learned, what a model is made of, and which numbers are good stand with each task.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, cast

from elman.errors import ConfigError
from elman.tasks import Kind, kind

OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained; `config.toml` holds it as its table [training]."""

    lr: float
    """Highest learning rate."""
    optimizer: str = "adam"
    """adam; or muon, which changes the matrices of recurrent layers, with adam for the rest."""
    minutes: float = 0.0
    """Wall-clock time from start to end, evaluations included; 0 for as long as it takes."""
    steps: int = 0
    """Training steps; 0 for as many as there is time for."""
    muon_rate: float = 1.0
    """How many times larger the learning rate is of the matrices that muon changes."""
    warmup: float = 0.02
    """Share of the training in which the learning rate rises."""
    clip: float = 1.0
    """Largest norm of all gradients together; larger ones are scaled down."""
    weight_decay: float = 0.0
    """Share of each matrix taken away per step, times the learning rate."""
    beta1: float = 0.9
    """How much of the mean gradient is kept each step (both optimizers)."""
    beta2: float = 0.99
    """How much of the mean squared gradient is kept each step (Adam)."""
    seed: int = 0
    """Where all randomness starts."""
    log_every: int = 20
    """Steps from one line of metrics to the next."""
    looks: int = 8
    """How often it is evaluated and writes a sample, at equal distances."""
    sample_length: int = 500
    """Characters of each of those samples."""
    save_seconds: float = 20.0
    """Most time between two checkpoints."""

    def __post_init__(self) -> None:
        for name, number in (("minutes", self.minutes), ("steps", self.steps)):
            if not 0 <= number < float("inf"):
                raise ConfigError(f"{name} must be a number above 0, not {number:g}")
        if not (self.minutes or self.steps):
            raise ConfigError("a training needs an end: give --minutes or --steps")
        if not 0 <= self.weight_decay < float("inf"):
            raise ConfigError(f"weight_decay must be 0 or more, not {self.weight_decay:g}")
        if self.optimizer not in OPTIMIZERS:
            raise ConfigError(f"no optimizer {self.optimizer!r}: choose {' or '.join(OPTIMIZERS)}")
        if not (0 < self.lr < float("inf") and self.clip > 0):
            raise ConfigError(
                f"lr ({self.lr:g}) and clip ({self.clip:g}) must be above 0: 0.005 and 1 are usual"
            )
        self._check_what_only_the_file_holds()

    def _check_what_only_the_file_holds(self) -> None:
        if not (0 <= self.beta1 < 1 and 0 <= self.beta2 < 1 and 0 <= self.warmup <= 1):
            raise ConfigError(
                f"beta1 ({self.beta1:g}), beta2 ({self.beta2:g}) and warmup ({self.warmup:g}) are "
                "shares, and beta must be below 1: 0.9, 0.99 and 0.02 are usual"
            )
        if not 0 < self.muon_rate < float("inf"):
            raise ConfigError(
                f"muon_rate must be above 0, not {self.muon_rate:g}: 1 to 4 are usual"
            )
        if self.log_every < 1 or self.looks < 1 or self.sample_length < 0:
            raise ConfigError(
                f"log_every ({self.log_every}) and looks ({self.looks}) must be at least 1 and "
                f"sample_length ({self.sample_length}) not below 0: 20, 8 and 500 are usual"
            )


@dataclass(frozen=True)
class RunConfig:
    """Everything needed to do a run again.

    `data` and `model` are of the classes that the task `task` names (`Kind.source`, `Kind.config`).
    """

    data: Any
    model: Any
    training: TrainingConfig
    task: str = "text"

    @property
    def kind(self) -> Kind:
        """What is known of its task."""
        return kind(self.task)

    def to_tables(self) -> dict[str, Any]:
        """The tables of `config.toml`."""
        tables = {name: asdict(getattr(self, name)) for name in ("data", "model", "training")}
        return {"task": self.task, **tables}

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> RunConfig:
        """Read them again; ConfigError names a key that is missing, unknown or of another type."""
        task = kind(str(tables.get("task", "text")))
        return cls(
            _read(task.source, tables, "data"),
            _read(task.config, tables, "model"),
            _read(TrainingConfig, tables, "training"),
            task.name,
        )


def _read(kind: type[Any], tables: Mapping[str, Any], name: str) -> Any:
    table = tables.get(name)
    if not isinstance(table, Mapping):
        raise ConfigError(f"config.toml has no table [{name}]: put it back")
    wanted = typing.get_type_hints(kind)
    if unknown := sorted(table.keys() - wanted.keys()):
        raise ConfigError(f"config.toml: {name}.{unknown[0]} means nothing here: take it out")
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if missing := sorted(needed - table.keys()):
        raise ConfigError(f"config.toml: {name}.{missing[0]} is missing: put it back")
    given = cast("Mapping[str, Any]", table)
    return kind(**{k: _value(value, wanted[k], f"{name}.{k}") for k, value in given.items()})


def _value(value: Any, wanted: Any, place: str) -> Any:
    if isinstance(wanted, types.GenericAlias) and isinstance(value, list):
        return tuple(str(item) for item in cast("list[Any]", value))
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(wanted, types.GenericAlias) and type(value) is wanted:
        return value
    kind = getattr(wanted, "__name__", str(wanted))
    raise ConfigError(f"config.toml: {place} is {value!r} and must be of type {kind}: correct it")
