"""The same tasks with several cells, at the same number of parameters: the published comparison.

R. Jozefowicz, W. Zaremba and I. Sutskever, ICML 2015, table 1: each cell gets random settings in
each task, and the best counts. Here the whole is done several times, from other seeds, so that
every figure has an interval. The grid of depth and width is that of A. Karpathy, J. Johnson and
L. Fei-Fei, arXiv:1506.02078, tables 1 and 2.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from elman import cells as shelf
from elman.errors import ConfigError
from elman.search import exercises
from elman.search.plan import Budget, Plan
from elman.search.population import seed_of
from elman.search.report import interval
from elman.search.settings import squared
from elman.search.workers import in_child

CELLS = ("rnn", "lstm", "lstm_nfg", "lstm_nig", "lstm_nog", "gru_before", "mut1", "mut2", "mut3")
ALIASES = {
    "lstm-no-forget": "lstm_nfg", "lstm-no-input": "lstm_nig", "lstm-no-output": "lstm_nog",
}  # fmt: skip
GRID_CELLS = ("rnn", "lstm", "gru")
EVALUATE = "elman.search.compare:measured"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Comparison:
    """What to compare: each cell in each task, `times` over, with `settings` random settings."""

    cells: tuple[str, ...]
    tasks: tuple[str, ...]
    budget: Budget
    settings: int = 6
    times: int = 3
    seed: int = 0
    depths: tuple[int, ...] = (1,)
    widths: tuple[int, ...] = ()
    """Units; without them, as many as the parameters of the budget give."""

    def check(self) -> Comparison:
        """The comparison itself; ConfigError or DataError if it cannot be made."""
        if not self.cells or not self.tasks:
            raise ConfigError(
                "a comparison needs a cell and a task, such as --cells gru --tasks xml"
            )
        for name in self.cells:
            if not squared(cell := shelf.get(name)) or len(cell.step.inputs) > 1:
                raise ConfigError(f"{name} has more sizes than D and H: it cannot be compared here")
        for task in self.tasks:
            exercises.get(task).examples(0, 2)
        for name, low in (("settings", 1), ("times", 1)):
            if getattr(self, name) < low:
                raise ConfigError(f"--{name} must be at least {low}, not {getattr(self, name)}")
        return self


def named(name: str) -> str:
    """A cell by the name that the paper's table has for it, or by its own."""
    return ALIASES.get(name, name)


def compare(wish: Comparison, executor: Executor, tell: Tell = lambda said: None) -> dict[str, Any]:
    """Train everything. Each row of the result has `cell`, `task`, `depth`, `width`, the accuracies
    `all`, their `mean` and the half width `interval` of its 95 % interval, and the `best` of all.
    """
    places = [
        (cell, task, depth, width)
        for task in wish.tasks
        for depth in wish.depths
        for width in wish.widths or (0,)
        for cell in wish.cells
    ]
    futures = {
        (place, number): executor.submit(in_child, _job(wish, place, number))
        for number in range(wish.times)
        for place in places
    }
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = {place: [] for place in places}
    for done, ((place, _), future) in enumerate(futures.items(), 1):
        rows[place].append(future.result())
        tell(f"{done} of {len(futures)}: {place[0]} on {place[1]}")
    return {"rows": [_row(place, found) for place, found in rows.items()], **_said(wish)}


def measured(job: Mapping[str, Any]) -> dict[str, Any]:
    """In a child: one cell in one task, at one depth and width."""
    import torch

    from elman.equations import Cell
    from elman.search.evaluate import attempt

    torch.set_num_threads(1)
    plan, cell = Plan.from_json(job["plan"]), Cell(job["text"], name="cell")
    return attempt(
        cell, job["task"], plan.task, plan.settings, job["seed"], units=job["units"] or None
    )


def _job(wish: Comparison, place: tuple[str, str, int, int], number: int) -> dict[str, Any]:
    name, task, depth, width = place
    budget = Budget(wish.budget.steps, wish.budget.rows, wish.budget.parameters, depth)
    plan = Plan(task=budget, settings=wish.settings, evaluate=EVALUATE, minutes=60.0)
    # the same seed for every cell: they are given the same settings and the same examples
    seed = seed_of(wish.seed, number, depth, width)
    return {"text": shelf.get(name).text, "task": task, "seed": seed, "units": width,
            "plan": plan.to_json()}  # fmt: skip


def _row(place: tuple[Any, ...], found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    name, task, depth, width = place
    broken = [str(one.get("why")) for one in found if "best" not in one]
    shares = [float(one["best"]) for one in found if "best" in one]
    mean, half = interval(shares)
    sizes = {"units": found[0].get("units"), "parameters": found[0].get("parameters")}
    return {
        "cell": name, "task": task, "depth": depth, "width": width, **sizes, "all": shares,
        "best": max(shares, default=None), "mean": mean, "interval": half, "broken": broken,
    }  # fmt: skip


def _said(wish: Comparison) -> dict[str, Any]:
    return {
        "cells": list(wish.cells), "tasks": list(wish.tasks), "settings": wish.settings,
        "times": wish.times, "examples": wish.budget.examples,
        "parameters": wish.budget.parameters, "seed": wish.seed,
    }  # fmt: skip


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value from the smallest up, 1 for the first; equal ones share theirs."""
    order = sorted(values)
    return [(order.index(v) + 1 + order.index(v) + order.count(v)) / 2 for v in values]


def rank_correlation(left: Sequence[float], right: Sequence[float]) -> float:
    """C. Spearman's: 1 if two lists of values have the same order, 0 if nothing is known."""
    if len(set(left)) < 2 or len(set(right)) < 2:
        return 0.0
    return statistics.correlation(ranks(left), ranks(right))
