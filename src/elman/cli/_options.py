"""Types of options that may be left out, as the help shows them: without a `None` in sight."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from elman.errors import ConfigError

CHOSEN = "(chosen for you)"

Whole = Annotated[int | None, arg(metavar="INT", help_behavior_hint=CHOSEN)]
Number = Annotated[float | None, arg(metavar="FLOAT", help_behavior_hint=CHOSEN)]
CellName = Annotated[str | None, arg(metavar="CELL", help_behavior_hint=CHOSEN)]
Optimizer = Annotated[
    Literal["adam", "muon"] | None, arg(metavar="{adam,muon}", help_behavior_hint=CHOSEN)
]
Precision = Annotated[
    Literal["full", "bf16"] | None, arg(metavar="{full,bf16}", help_behavior_hint="(full)")
]
Switch = Annotated[bool | None, arg(metavar="{True,False}", help_behavior_hint=CHOSEN)]
RunFolder = Annotated[Path | None, arg(name="run", metavar="PATH", help_behavior_hint="")]


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """What every training takes."""

    minutes: Annotated[
        float | None, arg(metavar="FLOAT", help_behavior_hint="(by the data, if no end is given)")
    ] = None
    """Wall-clock time to train, evaluations included."""
    steps: Annotated[int | None, arg(metavar="INT", help_behavior_hint="")] = None
    """Training steps; with --minutes, whatever ends first."""
    cell: CellName = None
    """A cell by name, the path of its equations, or the equations themselves."""
    hidden: Whole = None
    """Units of each layer; other sizes that a cell declares are half of it."""
    layers: Whole = None
    """Layers, one upon the other."""
    embedding: Whole = None
    """Size of the vectors that the layers read."""
    dropout: Number = None
    """Share of units left out in training."""
    batch: Whole = None
    """Examples of a training step."""
    lr: Number = None
    """Highest learning rate."""
    optimizer: Optimizer = None
    """What changes the weights; muon is for the matrices of the layers."""
    weight_decay: Number = None
    """Share of the matrices taken away, times the learning rate, per step."""
    clip: Number = None
    """Largest norm of the gradients."""
    folder: RunFolder = None
    """The run folder to make; otherwise a fresh one in runs/."""


def check_above_zero(**given: float | None) -> None:
    """ConfigError for an option that was given and is not above 0, where leaving it out will do."""
    for name, number in given.items():
        if number is not None and not number > 0:
            raise ConfigError(f"--{name} must be above 0, not {number:g}: left out, it is chosen")


def listed(words: str) -> tuple[str, ...]:
    """The words of an option that takes several, with commas between them."""
    return tuple(word.strip() for word in words.split(",") if word.strip())
