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
from elman.cli._options import Precision, TrainingOptions, Whole


@dataclass(frozen=True, kw_only=True)
class Options(TrainingOptions):
    data: Positional[str]
    """A built-in text (see `elman data list`), a file, or a folder."""
    include: UseAppendAction[tuple[str, ...]] = ()
    """Which files of a folder, as in --include '*.tex'; may be given again. Without it: '*.txt'."""
    minutes: Annotated[
        float | None, arg(metavar="FLOAT", help_behavior_hint="(3, if no end is given)")
    ] = None
    """Wall-clock time to train, evaluations included."""
    embedding: Whole = None
    """Size of a character's vector; 0 for one-hot."""
    batch: Whole = None
    """Streams read side by side."""
    window: Whole = None
    """Characters over which gradients flow."""
    precision: Precision = None
    """full, or bf16: products of rounded numbers, faster where the processor has AVX512-BF16."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._training import train_task

    return train_task("text", options, shared)
