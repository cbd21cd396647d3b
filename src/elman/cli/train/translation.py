"""Train a model that translates sentences.

DATA is a folder with train.de and train.en (val.de and val.en beside them are held out), given with
--source de --target en; or a file of sentences, with the file of their translations as --target; or
a .tsv of two columns. Files may be compressed (.gz).
"""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from elman.cli import Shared
from elman.cli._options import Number, Switch, TrainingOptions, Whole


@dataclass(frozen=True, kw_only=True)
class Options(TrainingOptions):
    data: Positional[str]
    """A folder, a file, or the beginning of two files' names."""
    source: str = ""
    """The language translated from: the ending of its files."""
    target: str = ""
    """The language translated into: the ending of its files, or the other file."""
    lowercase: bool = False
    """Make all letters small: it learns faster and writes small letters alone."""
    attention: Switch = None
    """Whether the decoder looks at the source sentence."""
    pieces: Whole = None
    """How many byte-pair units both languages share, at most."""
    smoothing: Number = None
    """Share of the target that is spread over all pieces."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._training import train_task

    return train_task("translation", options, shared)
