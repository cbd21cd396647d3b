"""The run folder as a format, without torch: what a person, `resume` and the page can read.

`RunWriter` writes one, `Run` reads it, `find` and `listing` tell which there are.
"""

from __future__ import annotations

from elman.runs.checkpoint import Arrays, Checkpoint
from elman.runs.checkpoints import Checkpoints
from elman.runs.paths import RunPaths
from elman.runs.read import LATEST, ROOT, Run, find, listing
from elman.runs.toml import to_toml
from elman.runs.write import RunWriter, versions

__all__ = [
    "LATEST",
    "ROOT",
    "Arrays",
    "Checkpoint",
    "Checkpoints",
    "Run",
    "RunPaths",
    "RunWriter",
    "find",
    "listing",
    "to_toml",
    "versions",
]
