"""Reading a run folder, while it is written, after a kill, or years later.

A missing file is an empty answer, and so is a damaged `run.json`; a torn or foreign line of a log
is passed over; any other file that is there and cannot be understood is an error, and it says
where. Nothing here writes.
"""

from __future__ import annotations

import json
import math
import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from elman.errors import RunError
from elman.runs.alive import is_alive
from elman.runs.checkpoints import Checkpoints
from elman.runs.paths import RunPaths

FORMAT = 1
ROOT = Path("runs")
LATEST = "latest"
NEAR = 2  # folders deep: where runs are looked for to be named in a message
# What `run.json` must hold under these names for a reader to take it.
_KINDS: dict[str, type | tuple[type, ...]] = {
    "format": int,
    "status": str,
    "cell": str,
    "created": str,
    "process": dict,
    "progress": dict,
    "resumed": list,
}


@dataclass(frozen=True)
class Run:
    """The run in `folder`. Each method looks at the disk anew."""

    folder: Path

    @property
    def paths(self) -> RunPaths:
        """Where its files are."""
        return RunPaths(self.folder)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    def facts(self) -> dict[str, Any]:
        """What `run.json` holds; {} if it is missing or damaged, and nothing of another kind."""
        try:
            found = _object(self.paths.run.read_bytes()) or {}
        except OSError:
            return {}
        return {k: v for k, v in found.items() if isinstance(v, _KINDS.get(k, object))}

    def status(self) -> str:
        """running, done, stopped, failed; interrupted if its writer is gone; unknown if unsaid."""
        facts = self.facts()
        status = facts.get("status", "unknown")
        if status == "running" and not is_alive(facts.get("process", {}), _silence(facts)):
            return "interrupted"
        return status

    def config(self) -> dict[str, Any]:
        """`config.toml`; RunError with the place if it is not TOML."""
        raw = _text(self.paths.config)
        try:
            return tomllib.loads(raw or "")
        except tomllib.TOMLDecodeError as error:
            raise RunError(
                f"{self.paths.config} is not TOML ({error}): correct it there"
            ) from error

    def equations(self) -> str | None:
        """The cell's text."""
        return _text(self.paths.cell)

    def vocabulary(self) -> dict[str, Any] | None:
        """`vocabulary.json`, for `Vocabulary.from_json`; RunError if it is not an object."""
        raw = _text(self.paths.vocabulary)
        try:
            found: Any = json.loads(raw or "null")
        except (ValueError, RecursionError) as error:
            raise RunError(
                f"{self.paths.vocabulary} is damaged ({error}): copy it from a run on the same text"
            ) from error
        return cast("dict[str, Any]", found) if isinstance(found, dict) else None

    def metrics(self) -> list[dict[str, Any]]:
        """A row per logged step."""
        return read_rows(self.paths.metrics)

    def samples(self) -> list[dict[str, Any]]:
        """What it could say as it learned, a row each."""
        return read_rows(self.paths.samples)

    def error(self) -> str | None:
        """Why it failed, if it did."""
        return _text(self.paths.error)

    def checkpoints(self) -> Checkpoints:
        """Its checkpoints: `latest()`, `best()`, `all()`."""
        return Checkpoints(self.paths.checkpoints)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, one a line, each with its step. A line counts once its newline is
    there.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        return []
    rows = map(_object, raw.split(b"\n")[:-1])
    return [row for row in rows if row is not None and type(row.get("step")) is int]


def _object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object that these bytes are; None for anything else, however deep or torn."""
    try:
        found: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def is_run(folder: Path) -> bool:
    """Whether the folder is a run, be it one that lost its `run.json`."""
    paths = RunPaths(folder)
    return paths.run.is_file() or (paths.config.is_file() and paths.checkpoints.is_dir())


def find(name: str | Path, root: Path = ROOT, *, ready: bool = False) -> Run:
    """The run that a person means: its path, a path inside it, its name in `root`, the four
    characters at the end of that, or `latest` in `root`: of those with a checkpoint if there are
    any and it is to be `ready`. RunError says which runs there are.
    """
    path = Path(name)
    if str(name) == LATEST and (runs := listing(root)):
        saved = (run for run in runs if run.checkpoints().paths.steps())
        return next(saved, runs[0]) if ready else runs[0]
    inside = path.resolve().parents if path.exists() else ()
    for folder in (path, *inside, root / path):
        if is_run(folder):
            return Run(folder)
    ends = [run for run in listing(root) if run.name.endswith(f"-{name}")]
    if len(ends) == 1:
        return ends[0]
    raise RunError(_no_run(path, root, ends))


def listing(root: Path = ROOT, *, deep: float = math.inf) -> list[Run]:
    """The runs in `root`, at any depth or so many folders deep, newest first; what lies inside a
    run is its own affair.
    """
    found = list[Run]()
    for place, folders, _ in os.walk(root):
        if len(Path(place).parts) - len(root.parts) >= deep:
            folders.clear()
        folders[:] = [name for name in folders if not name.startswith(".")]
        if is_run(Path(place)):
            found.append(Run(Path(place)))
            folders.clear()
    return sorted(found, key=lambda run: (run.facts().get("created") or "", run.name), reverse=True)


def _no_run(path: Path, root: Path, several: list[Run]) -> str:
    place = path if path.is_dir() else root
    there = os.path.join(place, "")  # noqa: PTH118 - with one slash at its end
    others = several or listing(place, deep=NEAR)
    if not others and str(path) == LATEST:
        return f"there is no run in {there} yet: start one with elman train text shakespeare"
    if not others:
        return f"there is no run {path} here, nor any in {there}: start one with elman train"
    names = ", ".join(str(run.folder) for run in others[:5])
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    if several:
        return f"{path} is the end of several runs: take one of {names}{more}"
    return (
        f"there is no run {path}: name its folder or the last four characters of that; "
        f"in {there} there are {names}{more}"
    )


def _silence(facts: dict[str, Any]) -> float:
    """Seconds since the last heartbeat."""
    try:
        beat = datetime.fromisoformat(facts["updated"])
        return (datetime.now(UTC) - beat).total_seconds()
    except (KeyError, TypeError, ValueError):
        return float("inf")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
    except UnicodeDecodeError as error:
        raise RunError(
            f"{path} is damaged (not UTF-8 at byte {error.start}): put the file back"
        ) from error
