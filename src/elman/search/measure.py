"""How fast a search is: candidates an hour, by stage."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from elman.search.plan import Plan
from elman.search.read import SearchRun
from elman.search.report import summary
from elman.search.start import search

IDLE = "elman.search.idle:evaluate"


def of(folder: str | Path) -> dict[str, Any]:
    """The figures of a search that is there."""
    report = summary(SearchRun.find(folder))
    return {**_kept(report), "by_stage": by_stage(report)}


def measure(
    *, minutes: float, candidates: int, workers: int, dask: str | None, idle: bool, seed: int
) -> dict[str, Any]:
    """The figures of a new search, without winners trained anew."""
    plan = Plan(seed=seed, fresh=0)
    plan = replace(plan, evaluate=IDLE) if idle else plan
    with tempfile.TemporaryDirectory(prefix="elman-") as place:
        done = search(
            plan, folder=Path(place) / "search", minutes=minutes, candidates=candidates,
            workers=workers, dask=dask,
        )  # fmt: skip
    report = done.report
    kept = {**_kept(report), "turns": done.turns, "overhead_per_turn": done.overhead}
    return {**kept, "by_stage": by_stage(report)}


def _kept(report: dict[str, Any]) -> dict[str, Any]:
    names = "candidates", "seconds", "per_hour", "passed_memorization", "failed"
    return {name: report[name] for name in names}


def by_stage(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """For each stage: how often it ran, seconds each, its share of all training, and how many of
    it one worker would do in an hour.
    """
    stages = report["stages"]
    whole = sum(row["seconds"] for row in stages.values()) or 1.0
    return {
        stage: {
            "runs": row["runs"],
            "each": row["each"],
            "share": row["seconds"] / whole,
            "per_hour": 3600 / row["each"] if row["each"] else 0.0,
        }
        for stage, row in stages.items()
    }
