"""Train a model that labels sequences, or every step of them.

DATA is a CSV file, JSON lines (.jsonl), a .ts file or a folder of .ts or .npy files; docs/tasks.md
shows each. A tenth of the sequences is held out, unless the files say which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tyro.conf import Positional

from elman.cli import Shared
from elman.cli._options import Switch, TrainingOptions


@dataclass(frozen=True, kw_only=True)
class Options(TrainingOptions):
    data: Positional[str]
    """A file or folder of labeled sequences."""
    per: Literal["sequence", "step"] = "sequence"
    """What has a label."""
    label: str = "label"
    """The column (in JSON, the name) of the label of a sequence or, in a table, of a step."""
    bidirectional: Switch = None
    """Whether sequences are read from both ends."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._training import train_task

    return train_task("labels", options, shared)
