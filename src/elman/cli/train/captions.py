"""Train a model that says what is in a picture.

DATA is a folder with captions.txt, Flickr8k.token.txt, or pictures with a .txt of the same name
beside them; or COCO's or Karpathy's JSON; or stamps: Tux Paint's, after `elman data get stamps`.
`elman data get lite0` fetches the network that looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from elman.cli import Shared
from elman.cli._options import CHOSEN, Number, TrainingOptions

Way = Annotated[
    Literal["attention", "static", "state", "token"] | None,
    arg(metavar="{attention,static,state,token}", help_behavior_hint=CHOSEN),
]


@dataclass(frozen=True, kw_only=True)
class Options(TrainingOptions):
    data: Positional[str]
    """A folder of pictures, or a file of captions beside them, or stamps."""
    way: Way = None
    """How the picture comes in: places looked at, a static input, the first state, a first word."""
    language: Annotated[str, arg(metavar="CODE", help_behavior_hint="")] = ""
    """Of the stamps, which say everything in many: de, fr, pt_BR ... English if not given."""
    smoothing: Number = None
    """Share of the target that is spread over all words."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._training import train_task

    return train_task("captions", options, shared)
