"""The names of the files in a run folder: this module is the only place that knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_STEP = re.compile(r"(\d{6,})|\.(\d{6,})\.replaced")


@dataclass(frozen=True)
class RunPaths:
    """Where things are in the run folder `folder`; none of them needs to exist."""

    folder: Path

    @property
    def run(self) -> Path:
        """Format number, status, times, versions, seed, command, parent."""
        return self.folder / "run.json"

    @property
    def config(self) -> Path:
        """Everything needed to do it again."""
        return self.folder / "config.toml"

    @property
    def cell(self) -> Path:
        """The equations, as text."""
        return self.folder / "cell.eq"

    @property
    def metrics(self) -> Path:
        """A line per logged step."""
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """What it could say as it learned."""
        return self.folder / "samples.jsonl"

    @property
    def vocabulary(self) -> Path:
        """The alphabet, as `data.Vocabulary` prints it."""
        return self.folder / "vocabulary.json"

    @property
    def probes(self) -> Path:
        """The folder of what was recorded."""
        return self.folder / "probes"

    def reading(self, key: str) -> Path:
        """The folder of a text as the model read it; `key` tells texts and checkpoints apart."""
        return self.probes / f"reading-{key}"

    @property
    def error(self) -> Path:
        """What went wrong: there only if the run failed."""
        return self.folder / "error.txt"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / "checkpoints"


@dataclass(frozen=True)
class CheckpointPaths:
    """Where things are in the folder of checkpoints, `folder`."""

    folder: Path

    @property
    def pointers(self) -> Path:
        """Which checkpoint is the last and which the best."""
        return self.folder / "pointers.json"

    def at(self, step: int) -> Path:
        """The folder of one checkpoint, such as `001000`."""
        return self.folder / f"{step:06d}"

    def replaced(self, step: int) -> Path:
        """Where a checkpoint waits while another one of the same step takes its place."""
        return self.folder / f".{step:06d}.replaced"

    def steps(self) -> dict[int, Path]:
        """Step -> folder of what is there, by rising step; one put aside counts if it is alone."""
        found = dict[int, Path]()
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):  # a dot sorts before the digits
                if (match := _STEP.fullmatch(path.name)) and path.is_dir():
                    found[int(match[1] or match[2])] = path
        return dict(sorted(found.items()))


MODEL = "model.safetensors"
TRAINING = "training.safetensors"
FACTS = "training.json"
CHECKSUMS = "checksums.json"
