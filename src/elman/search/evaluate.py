"""What a cell is worth: memorization first, then the tasks in turn, each with random settings.

In: a job, out: a result, both of values that JSON can say. A result is a function of the job alone:
all chance in it follows from the job's seed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from elman.equations import Cell
from elman.errors import ElmanError
from elman.search import exercises
from elman.search.nets import HELD_OUT, Adam, Nets, accuracy, data, train
from elman.search.plan import Budget, Plan
from elman.search.settings import Setting, draw

EXAMPLES = 16_384  # of an exercise to train on, made once in a process
CHECKS = 6  # times that memorization is looked at: who has passed stops
MEMORIZATION = "memorization"

Result = dict[str, Any]


def evaluate(job: Mapping[str, Any]) -> Result:
    """The result of a job: `text`, `seed`, `plan`, and `bars`, the accuracy to come near to in each
    task; without bars, and without `test`, nothing is left out.

    `outcome` is `done`, `memorization` or the task that it failed at, or `uncompiled`.
    """
    torch.set_num_threads(1)
    plan = Plan.from_json(job["plan"])
    cell = Cell(job["text"], name="candidate")
    result: Result = {"outcome": "done", "memorization": None, "tasks": {}, "seconds": {}}
    since = time.monotonic()
    try:
        compile_(cell, job["seed"])
    except ElmanError as error:
        return {**result, "outcome": "uncompiled", "why": str(error)[:500]}
    result["seconds"]["compile"] = time.monotonic() - since
    if job.get("test", True):
        since = time.monotonic()
        result |= _memorized(cell, plan, job["seed"])
        result["seconds"][MEMORIZATION] = time.monotonic() - since
        if job.get("gates", True) and result["memorization"] < plan.mark:
            return {**result, "outcome": MEMORIZATION}
    for task in plan.tasks:
        since = time.monotonic()
        found = result["tasks"][task] = attempt(
            cell, task, plan.task, plan.settings, _seed(job["seed"], task), halving=plan.halving
        )
        result["seconds"][task] = time.monotonic() - since
        if found["best"] <= plan.gate * job.get("bars", {}).get(task, 0.0):
            return {**result, "outcome": task}
    return result


def compile_(cell: Cell, seed: int) -> None:
    """Have the kernels of a cell made, forward and backward; KernelError if that fails."""
    torch.manual_seed(seed)
    budget = Budget(1, 1, 2_000)
    nets = Nets(cell, exercises.get(MEMORIZATION), [Setting(1.0, 0.01, 1.0)], budget)
    examples = data(MEMORIZATION, 0, 2, False)
    for _ in train(nets, Adam(nets, [Setting(1.0, 0.01, 1.0)]), examples, budget, _random(seed)):
        pass


def _memorized(cell: Cell, plan: Plan, seed: int) -> Result:
    """One random setting. The mark may be reached before the budget is used up, and then the rest
    is spared; otherwise all of it is used.
    """
    budget, seed = plan.memorization, _seed(seed, MEMORIZATION)
    random, settings = _random(seed), draw(_random(seed), 1)
    torch.manual_seed(seed)
    nets = Nets(cell, exercises.get(MEMORIZATION), settings, budget)
    optimizer = Adam(nets, settings)
    examples = data(MEMORIZATION, 0, EXAMPLES, False)
    held_out = data(MEMORIZATION, 0, HELD_OUT, True)
    best, every, done = 0.0, max(1, budget.steps // CHECKS), 0
    for done in train(nets, optimizer, examples, budget, random):
        if done % every == 0 or done == budget.steps:
            best = max(best, accuracy(nets, held_out)[0])
            if best >= plan.mark:
                break
    return {
        "memorization": best, "test_examples": done * budget.rows,
        "setting": settings[0].to_json(), "units": nets.units, "parameters": nets.size,
    }  # fmt: skip


def attempt(
    cell: Cell,
    task: str,
    budget: Budget,
    settings: int,
    seed: int,
    *,
    halving: bool = False,
    units: int | None = None,
) -> Result:
    """Train a cell on a task with random settings; with `halving`, the worse half of them stops
    after a third of the steps. `best` is the accuracy that counts. `units` take the place of the
    budget's parameters.
    """
    torch.manual_seed(seed)
    random, drawn = _random(seed), draw(_random(seed), settings)
    exercise = exercises.get(task)
    examples = data(task, 0, EXAMPLES, False)
    held_out = data(task, 0, HELD_OUT, True)
    nets = Nets(cell, exercise, drawn, budget, units)
    optimizer, shares, tried = Adam(nets, drawn), [0.0] * settings, list(range(settings))
    units, size, begun = nets.units, nets.size, 0
    if halving and settings > 1:
        begun = budget.steps // 3
        for _ in train(nets, optimizer, examples, budget, random, until=begun):
            pass
        for place, share in enumerate(accuracy(nets, held_out)):
            shares[place] = share
        tried = sorted(tried, key=lambda place: -shares[place])[: (settings + 1) // 2]
        nets, optimizer = nets.kept(tried, [drawn[place] for place in tried], budget, optimizer)
    for _ in train(nets, optimizer, examples, budget, random, begun=begun):
        pass
    for place, share in zip(tried, accuracy(nets, held_out), strict=True):
        shares[place] = share
    best = int(np.argmax(shares))
    return {
        "best": shares[best], "setting": drawn[best].to_json(), "accuracies": shares,
        "units": units, "parameters": size,
    }  # fmt: skip


def _seed(seed: int, word: str) -> int:
    """A seed for one part of a job, the same everywhere."""
    return int(np.random.default_rng([seed, *word.encode()]).integers(2**62))


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
