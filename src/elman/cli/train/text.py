"""Train a character language model on a text.

DATA is a built-in text (shakespeare, python, hello), a file, or a folder. Options left out are
chosen by the time there is, the length of the text and the size of its alphabet. Ctrl-C saves;
`elman resume RUN` then goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, UseAppendAction, arg

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    data: Positional[str]
    """A built-in text (see `elman data list`), a file, or a folder."""
    include: UseAppendAction[tuple[str, ...]] = ()
    """Which files of a folder, as in --include '*.tex'; may be given again."""
    minutes: float = 0.0
    """Wall-clock time to train, evaluations included (3 if no end is given)."""
    steps: int = 0
    """Training steps; with --minutes, whatever ends first."""
    cell: str | None = None
    """A cell by name, the path of its equations, or the equations themselves."""
    hidden: int | None = None
    """Units of each layer."""
    layers: int | None = None
    """Layers, one upon the other."""
    embedding: int | None = None
    """Size of a character's vector; 0 for one-hot."""
    dropout: float | None = None
    """Share of units left out between layers and before the output."""
    batch: int | None = None
    """Streams read side by side."""
    window: int | None = None
    """Characters over which gradients flow."""
    lr: float | None = None
    """Highest learning rate."""
    optimizer: Literal["adam", "muon"] | None = None
    """What changes the weights; muon is for the matrices of the layers."""
    weight_decay: float | None = None
    """Share of the matrices taken away, times the learning rate, per step."""
    clip: float | None = None
    """Largest norm of the gradients."""
    folder: Annotated[Path | None, arg(name="run")] = None
    """The run folder to make; otherwise a fresh one in runs/."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api
    from elman.cli._training import report
    from elman.training import Display

    given = dict(vars(options))
    source = given.pop("data")
    with Display(shared.console()) as watcher:
        trained = api.train(source, seed=shared.seed or 0, watcher=watcher, **given)
    return report(trained, shared)
