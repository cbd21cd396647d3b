"""Beginning a search and going on with one: the folder, the journal, the workers, the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman import cells
from elman.errors import ConfigError, RunError
from elman.runs import RunWriter
from elman.search import exercises
from elman.search.drive import Drive, End, Watch
from elman.search.genome import genome, to_cell
from elman.search.journal import Journal
from elman.search.plan import SEEDS, Plan
from elman.search.read import SearchRun, best_cells
from elman.search.report import summary
from elman.search.workers import pool

MINUTES = 30.0  # of a search that was not told when to end


@dataclass(frozen=True)
class Searched:
    """What became of a sitting; `overhead` is the coordinator's time for each turn, in seconds."""

    folder: Path
    report: dict[str, Any]
    turns: int
    overhead: float
    stopped: bool


def search(
    plan: Plan,
    *,
    folder: Path | None = None,
    minutes: float = 0.0,
    candidates: int = 0,
    workers: int = 0,
    dask: str | None = None,
    watch: Watch = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Searched:
    """Begin a search and run it for `minutes` of wall-clock time, or until there are so many
    candidates. ConfigError, DataError or RunError if it cannot begin or go on.
    """
    _check(plan.check(), minutes, candidates)
    writer = _folder(plan, folder)
    journal = Journal.create(writer.folder, plan)
    return _run(journal, writer, minutes, candidates, workers, dask, watch, stopped)


def resume(
    name: str | Path,
    *,
    minutes: float = 0.0,
    candidates: int = 0,
    workers: int = 0,
    dask: str | None = None,
    watch: Watch = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Searched:
    """Go on with a search by the plan that it began with; the candidates count from its start."""
    found = SearchRun.find(name)
    journal = Journal.open(found.folder)
    _check(journal.plan, minutes, candidates)
    writer = RunWriter.reopen(found.folder, after=None, command=sys.argv)
    return _run(journal, writer, minutes, candidates, workers, dask, watch, stopped)


def _check(plan: Plan, minutes: float, candidates: int) -> None:
    for task in plan.tasks:
        exercises.get(task).examples(0, 2)  # a text that is not here is told at once
    for name in SEEDS:
        genome(cells.get(name))
    if minutes < 0 or candidates < 0:
        raise ConfigError("--minutes and --candidates cannot be negative")


def _folder(plan: Plan, folder: Path | None) -> RunWriter:
    text = to_cell(genome(cells.get(SEEDS[0]))).text
    return RunWriter.create(
        "search", "evolution" if folder is None else SEEDS[0], config=_tables(plan),
        equations=text, seed=plan.seed, command=sys.argv, folder=folder,
    )  # fmt: skip


def _tables(plan: Plan) -> dict[str, Any]:
    values = plan.to_json()
    return {"search": {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}}


def _run(
    journal: Journal, writer: RunWriter, minutes: float, candidates: int, workers: int,
    dask: str | None, watch: Watch, stopped: Callable[[], bool],
) -> Searched:  # fmt: skip
    if not minutes and not candidates:
        minutes = MINUTES
    moment = time.monotonic() + 60 * minutes if minutes else float("inf")
    executor, slots = pool(workers or os.cpu_count() or 1, dask)
    drive: Drive | None = None
    try:
        drive = Drive(journal, executor, slots, End(candidates, moment, stopped), watch)
        drive.search()
        drive.fresh()
        _close(writer, drive, "stopped" if stopped() else "done")
    except RunError as error:
        writer.fail(str(error))
        raise
    except KeyboardInterrupt:
        if drive is not None:
            _close(writer, drive, "stopped")
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        journal.close()
    progress = drive.progress
    each = progress.overhead / max(1, progress.done)
    report = summary(journal.reader)
    return Searched(journal.folder, report, len(drive.turns), each, stopped())


def _close(writer: RunWriter, drive: Drive, status: str) -> None:
    """Say in `run.json` how far it is; the best cell becomes the run's cell."""
    ranked = best_cells(drive.turns)
    best = {"best": ranked[0][0], "score": ranked[0][1]} if ranked else {}
    writer.finish(status, candidates=drive.progress.counted, **best)
