"""The checkpoints of a run: each is whole or absent, and the last good one is never at risk.

Saving: everything into a new folder beside, fsync, read back and compared, rename, fsync, then the
pointers, and only then older ones are deleted; the last two and the best stay. The seals are the
truth; `pointers.json` repeats for people and other programs which one is the last and the best.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from elman.errors import RunError
from elman.runs import disk
from elman.runs.checkpoint import Checkpoint, open_sealed, sealed, to_json
from elman.runs.paths import CheckpointPaths

KEEP = 2


class Checkpoints:
    """The checkpoints in the folder `folder`, which need not exist yet.

    `skipped` lists, a sentence each, the damaged ones that the last `latest` or `best` passed by.
    """

    def __init__(self, folder: Path) -> None:
        self.paths = CheckpointPaths(folder)
        self.skipped: list[str] = []

    def save(
        self,
        step: int,
        model: Mapping[str, NDArray[Any]],
        training: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        score: float | None = None,
    ) -> Checkpoint:
        """Save the state after `step` steps; the lowest `score` is the best.

        RunError if a value is not finite or the disk refuses; what was there is then untouched.
        """
        files = sealed(step, model, training, facts, score)
        try:
            self._put(step, files)
            self._point(self.all())
        except OSError as error:
            size = sum(map(len, files.values())) / 1e6
            raise RunError(
                f"step {step} could not be saved in {self.paths.folder} ({size:.1f} MB; "
                f"{error.strerror or error}), earlier checkpoints are untouched: make room "
                "there and check its permissions, then resume the run"
            ) from error
        self._retire()
        return open_sealed(step, self.paths.at(step))

    def all(self) -> list[Checkpoint]:
        """Every checkpoint with a readable seal, oldest first; their files are not read."""
        found = list[Checkpoint]()
        for step, folder in self.paths.steps().items():
            with contextlib.suppress(RunError):
                found.append(open_sealed(step, folder))
        return found

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole, every checksum compared; None if there is none."""
        self.skipped = []
        return self._newest()

    def best(self) -> Checkpoint | None:
        """The checkpoint with the lowest score if it is whole, otherwise the latest."""
        self.skipped = []
        if found := _best(self.all()):
            try:
                found.verify()
                return found
            except RunError as error:
                self.skipped.append(str(error))
        return self._newest()

    def forget_after(self, step: int) -> None:
        """Delete the checkpoints of later steps: training goes on from `step` on another course."""
        later = [path for at, path in self.paths.steps().items() if at > step]
        if later:
            self._point([checkpoint for checkpoint in self.all() if checkpoint.step <= step])
            for path in later:
                disk.remove(path)

    def _newest(self) -> Checkpoint | None:
        for step, folder in reversed(self.paths.steps().items()):
            try:
                found = open_sealed(step, folder)
                found.verify()
                return found
            except RunError as error:
                if str(error) not in self.skipped:  # `best` may have said it already
                    self.skipped.append(str(error))
        return None

    def _put(self, step: int, files: Mapping[str, bytes]) -> None:
        self.paths.folder.mkdir(parents=True, exist_ok=True)
        disk.sweep(self.paths.folder)
        target = self.paths.at(step)
        new = disk.beside(target)
        try:
            new.mkdir()
            for name, raw in files.items():
                disk.write_new(new / name, raw)
                if (new / name).read_bytes() != raw:
                    raise OSError(f"{name} does not read back as it was written")
            disk.sync_folder(new)
            self._take_place(step, new, target)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    def _take_place(self, step: int, new: Path, target: Path) -> None:
        """A folder cannot be replaced in one go: the old one waits aside, where it still counts."""
        aside = self.paths.replaced(step)
        if target.exists():
            if aside.exists():
                disk.remove(aside)
            os.rename(target, aside)  # noqa: PTH104 - as in disk
        disk.move(new, target)
        if aside.exists():
            disk.remove(aside)

    def _point(self, found: list[Checkpoint]) -> None:
        last, best = (found[-1] if found else None), _best(found)
        pointers = {
            "last": last and last.step,
            "best": best and best.step,
            "best_score": best and best.score,
        }
        disk.replace(self.paths.pointers, to_json(pointers))

    def _retire(self) -> None:
        """Delete what is neither among the last nor the best. What cannot be deleted stays."""
        found = self.all()
        kept = {checkpoint.step for checkpoint in found[-KEEP:]}
        if best := _best(found):
            kept.add(best.step)
        for step, path in self.paths.steps().items():
            if step not in kept and step < found[-1].step:
                with contextlib.suppress(OSError):
                    disk.remove(path)


def _best(found: list[Checkpoint]) -> Checkpoint | None:
    """The lowest score, the older one of two alike; None if nothing has a score."""
    scored = [(c.score, c.step, c) for c in found if c.score is not None]
    return min(scored)[-1] if scored else None
