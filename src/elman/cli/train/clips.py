"""Train a model that labels clips by what happens in them.

DATA is a folder with a folder of videos for each label inside, or `games` (`freeway`, `pong`):
played now, where only the order of frames tells the label. What is held out has other sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from elman.cli import Shared
from elman.cli._options import CHOSEN, TrainingOptions

Looks = Annotated[
    Literal["lite0", "blocks"] | None, arg(metavar="{lite0,blocks}", help_behavior_hint=CHOSEN)
]


@dataclass(frozen=True, kw_only=True)
class Options(TrainingOptions):
    data: Positional[str]
    """A folder of labeled clips, or games."""
    frames: int = 16
    """Frames that are read of a file, evenly spread over it."""
    looks: Looks = None
    """What looks at a frame: EfficientNet-Lite0, or the brightness of blocks for tiny things."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._training import train_task

    return train_task("clips", options, shared)
