"""Plan: what a search is told once and keeps to, however often it is stopped and resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from elman.errors import ConfigError

TASKS = ("arithmetic", "xml", "text")
SEEDS = ("gru_before", "lstm")  # the first cells; the bars are those of the first


@dataclass(frozen=True)
class Budget:
    """What one training gets: `steps` of `rows` examples, with nets of `parameters` numbers."""

    steps: int
    rows: int = 32
    parameters: int = 12_000
    layers: int = 1

    @property
    def examples(self) -> int:
        """How many examples are read."""
        return self.steps * self.rows

    @classmethod
    def of(cls, examples: int, *, rows: int = 32, parameters: int = 12_000) -> Budget:
        """The budget of so many examples; ConfigError if that is not one step."""
        if examples < rows:
            raise ConfigError(f"a budget is at least {rows} examples, not {examples}")
        return cls(examples // rows, rows, parameters)


@dataclass(frozen=True)
class Plan:
    """How a search goes about. All chance in it comes from `seed` and the number of the turn."""

    seed: int = 0
    tasks: tuple[str, ...] = TASKS
    settings: int = 6
    """Random settings of each task; the best one counts."""
    memorization: Budget = field(default_factory=lambda: Budget(700, 32, 20_000))
    task: Budget = field(default_factory=lambda: Budget(300, 32, 12_000))
    mark: float = 0.95
    """What memorization asks for."""
    gate: float = 0.9
    """What each task asks for, as a share of the first seed's accuracy."""
    best: int = 100
    """Cells that are kept as parents."""
    again: float = 0.02
    """Share of turns that try a parent with new settings."""
    crossover: float = 0.0
    """Share of children that have two parents."""
    control: float = 0.5
    """Share of turns that go to random search."""
    walk: int = 4
    """Random search mutates a seed up to so many times in a row."""
    lag: int = 24
    """A turn knows the results of turns that lie so far back, whoever finished first."""
    halving: bool = False
    """After a third of the steps the worse half of the settings stops."""
    fresh: int = 3
    """Times that each winner is trained anew at the end."""
    winners: int = 2
    """Winners of either side that are trained anew."""
    minutes: float = 2.0
    """After so long an evaluation counts as hanging."""
    memory: int = 2048
    """MiB that an evaluation may take."""
    evaluate: str = "elman.search.evaluate:evaluate"
    """What makes a result of a job."""

    def check(self) -> Plan:
        """The plan itself; ConfigError for numbers that make no sense."""
        for name, low, high in (
            ("settings", 1, 180), ("best", 1, 10**6), ("lag", 1, 10**6), ("walk", 1, 10**3),
            ("control", 0, 0.95), ("crossover", 0, 1), ("again", 0, 0.9), ("fresh", 0, 10**3),
        ):  # fmt: skip
            if not low <= (value := getattr(self, name)) <= high:
                raise ConfigError(f"--{name} must be from {low:g} to {high:g}, not {value:g}")
        if not self.tasks:
            raise ConfigError("a search needs a task, such as --tasks arithmetic")
        return self

    def to_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """The plan whose `to_json` this is; names of later versions are left out."""
        known = {f.name for f in fields(cls)}
        plan = replace(cls(), **{k: v for k, v in values.items() if k in known})
        budgets = {n: Budget(**values[n]) for n in ("memorization", "task") if n in values}
        return replace(plan, tasks=tuple(plan.tasks), **budgets)
