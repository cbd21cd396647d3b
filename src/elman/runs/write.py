"""Writing a run folder: created once, appended to, with a heartbeat, finished or failed.

A folder is a run as soon as `run.json` is there, which is written last, when everything needed to
do it again is there too. A kill at any moment leaves a folder that `read` opens and `reopen`
continues. What the numbers mean is the trainer's affair.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from platform import platform, python_version
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from elman.errors import RunError
from elman.runs import disk
from elman.runs.alive import this_process
from elman.runs.checkpoint import Checkpoint
from elman.runs.checkpoints import Checkpoints
from elman.runs.paths import RunPaths
from elman.runs.read import FORMAT, Run, read_rows
from elman.runs.toml import to_toml

BEAT = 10.0  # seconds between heartbeats on the disk
_COUNTED = ("elman", "torch", "numpy", "llvmlite")


class RunWriter:
    """The one writer of a run; `facts` is what `run.json` holds."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.folder, self.facts = folder, facts
        self.paths = RunPaths(folder)
        self.checkpoints = Checkpoints(self.paths.checkpoints)
        self._beaten = -math.inf

    @classmethod
    def create(
        cls,
        task: str,
        cell: str,
        *,
        config: Mapping[str, Any],
        equations: str,
        seed: int,
        command: Sequence[str] = (),
        vocabulary: Mapping[str, Any] | None = None,
        parent: str | None = None,
        folder: Path | None = None,
        root: Path = Path("runs"),
    ) -> RunWriter:
        """Make `folder`, or else a fresh one in `root` named by date, task and `cell` (its name).

        `equations` is the cell's text, `parent` the run it comes from. RunError if `folder` holds
        something already, or cannot be made.
        """
        toml = to_toml(config).encode()  # refused before anything is made
        try:
            folder = _claim(folder) if folder else _fresh(root, task, cell)
            paths = RunPaths(folder)
            disk.replace(paths.config, toml)
            disk.replace(paths.cell, equations.encode())
            if vocabulary is not None:
                disk.replace(paths.vocabulary, _json(vocabulary))
            run = cls(folder, _facts(task, cell, seed, command, parent))
            run._write()
        except OSError as error:
            raise _refused(folder or root, error) from error
        return run

    @classmethod
    def reopen(cls, folder: Path, *, after: int | None, command: Sequence[str] = ()) -> RunWriter:
        """Go on with a run whose state is that after step `after`; None starts over.

        Rows and checkpoints of later steps are dropped, for they will come again. RunError if
        another process is writing it.
        """
        # of two that come at once, the second sees that the first is at work
        with disk.held(folder):
            return cls._reopen(folder, after, command)

    @classmethod
    def _reopen(cls, folder: Path, after: int | None, command: Sequence[str]) -> RunWriter:
        found = Run(folder)
        facts = found.facts()
        process: dict[str, Any] = facts.get("process") or {}
        if found.status() == "running" and process != this_process():
            raise RunError(
                f"{folder} is being written by process {process.get('pid')} on "
                f"{process.get('host')}: stop that first, or wait until it is done"
            )
        if facts.get("format", FORMAT) != FORMAT:
            raise RunError(f"{folder} was written by a newer Elman: update this one to resume it")
        facts["format"] = FORMAT
        again = {"time": _now(), "after": after, "command": list(command)}
        facts["resumed"] = [*facts.get("resumed", []), again]
        run = cls(folder, facts)
        run._guard(run._go_back, -1 if after is None else after)
        return run

    def log(self, step: int, **row: Any) -> None:
        """Append a line to `metrics.jsonl`; what is not finite is written as null."""
        self._append(self.paths.metrics, step, row)

    def sample(self, step: int, **row: Any) -> None:
        """Append a line to `samples.jsonl`."""
        self._append(self.paths.samples, step, row)

    def beat(self, **progress: Any) -> None:
        """Say that it is alive and how far it is; reaches the disk every ten seconds or so."""
        self._note(progress)
        if time.monotonic() - self._beaten >= BEAT:
            self._guard(self._write)

    def save(
        self,
        step: int,
        model: Mapping[str, NDArray[Any]],
        training: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        score: float | None = None,
    ) -> Checkpoint:
        """Save a checkpoint (see `Checkpoints.save`); log the rows of its step before.

        They reach the disk first, so that a resumed run lacks none and repeats none.
        """
        self._guard(disk.sync, self.paths.metrics)
        self._guard(disk.sync, self.paths.samples)
        return self.checkpoints.save(step, model, training, facts, score)

    def go_back(self, step: int) -> None:
        """Drop the rows and checkpoints of later steps: training goes on from `step`."""
        self._guard(self._go_back, step)

    def finish(self, status: str = "done", **progress: Any) -> None:
        """Close the run as `done` or, if it can go on, `stopped`."""
        if status not in ("done", "stopped"):
            raise RunError(f"a run ends as done or stopped, not as {status!r}: see also fail()")
        self._end(status, progress)

    def fail(self, error: str) -> None:
        """Close the run as `failed` and write `error`, the whole story, to `error.txt`."""
        self._guard(disk.replace, self.paths.error, error.rstrip("\n").encode() + b"\n")
        self._end("failed", {})

    def _end(self, status: str, progress: Mapping[str, Any]) -> None:
        self._note(progress)
        self.facts |= {"status": status, "finished": _now(), "process": None}
        self._guard(disk.sync, self.paths.metrics)
        self._guard(disk.sync, self.paths.samples)
        self._guard(self._write)

    def _note(self, progress: Mapping[str, Any]) -> None:
        self.facts["progress"] = {**self.facts.get("progress", {}), **progress}

    def _append(self, path: Path, step: int, row: Mapping[str, Any]) -> None:
        self._guard(disk.append, path, _line({"step": step, **row}))

    def _go_back(self, step: int) -> None:
        disk.sweep(self.folder)
        self.checkpoints.forget_after(step)
        for path in (self.paths.metrics, self.paths.samples):
            _drop_after(path, step)
        self.paths.error.unlink(missing_ok=True)
        self.facts |= {"status": "running", "finished": None, "process": this_process()}
        self._write()

    def _write(self) -> None:
        self.facts["updated"] = _now()
        disk.replace(self.paths.run, _json(self.facts))
        self._beaten = time.monotonic()

    def _guard(self, act: Any, *arguments: Any) -> None:
        try:
            act(*arguments)
        except OSError as error:
            raise _refused(self.folder, error) from error


def versions() -> dict[str, str]:
    """What was installed, without importing any of it."""
    found = {"python": python_version(), "system": platform()}
    for name in _COUNTED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _facts(
    task: str, cell: str, seed: int, command: Sequence[str], parent: str | None
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "status": "running",
        "task": task,
        "cell": cell,
        "created": _now(),
        "updated": None,
        "finished": None,
        "seed": seed,
        "command": list(command),
        "parent": parent,
        "versions": versions(),
        "process": this_process(),
        "progress": {},
    }


def _claim(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} exists and is not empty: give another folder, or resume the run")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fresh(root: Path, task: str, cell: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"[^a-z0-9]+", "-", f"{task} {Path(cell).stem}".lower()).strip("-")
    while True:
        folder = root / f"{datetime.now().date().isoformat()}-{words}-{secrets.token_hex(2)}"
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue


def _drop_after(path: Path, step: int) -> None:
    rows = read_rows(path)
    kept = [row for row in rows if row["step"] <= step]
    if len(kept) < len(rows):
        disk.replace(path, b"".join(map(_line, kept)))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    return value


def _line(row: Mapping[str, Any]) -> bytes:
    return _bytes(json.dumps(_plain(row), ensure_ascii=False, allow_nan=False))


def _json(value: Mapping[str, Any]) -> bytes:
    return _bytes(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _bytes(line: str) -> bytes:
    """UTF-8 and a newline; a path that is not UTF-8 becomes an escape, which JSON reads again."""
    return line.encode(errors="backslashreplace") + b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _refused(folder: Path, error: OSError) -> RunError:
    return RunError(
        f"{folder} cannot be written ({error.strerror or error}): "
        "make room there and check its permissions"
    )
