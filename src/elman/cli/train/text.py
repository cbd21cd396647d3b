"""Train a character language model on a text.

DATA is a built-in text (shakespeare, python, hello), a file, or a folder. Options left out are
chosen by the time there is, the length of the text and the size of its alphabet. Ctrl-C saves;
`elman resume RUN` then goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional, UseAppendAction, arg

from elman.cli import Shared
from elman.cli._options import CellName, Number, Optimizer, Precision, RunFolder, Whole


@dataclass(frozen=True)
class Options:
    data: Positional[str]
    """A built-in text (see `elman data list`), a file, or a folder."""
    include: UseAppendAction[tuple[str, ...]] = ()
    """Which files of a folder, as in --include '*.tex'; may be given again. Without it: '*.txt'."""
    minutes: Annotated[float, arg(help_behavior_hint="(3, if no end is given)")] = 0.0
    """Wall-clock time to train, evaluations included."""
    steps: Annotated[int, arg(help_behavior_hint="")] = 0
    """Training steps; with --minutes, whatever ends first."""
    cell: CellName = None
    """A cell by name, the path of its equations, or the equations themselves."""
    hidden: Whole = None
    """Units of each layer; other sizes that a cell declares are half of it."""
    layers: Whole = None
    """Layers, one upon the other."""
    embedding: Whole = None
    """Size of a character's vector; 0 for one-hot."""
    dropout: Number = None
    """Share of units left out between layers and before the output."""
    batch: Whole = None
    """Streams read side by side."""
    window: Whole = None
    """Characters over which gradients flow."""
    precision: Precision = None
    """full, or bf16: products of rounded numbers, faster where the processor has AVX512-BF16."""
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


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api
    from elman.cli._training import report
    from elman.training import Display

    given = dict(vars(options))
    source = given.pop("data")
    with Display(shared.console()) as watcher:
        trained = api.train(source, seed=shared.seed or 0, watcher=watcher, **given)
    return report(trained, shared)
