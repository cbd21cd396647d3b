"""Timing several things in turn, on a machine that others use too.

Each round gives every candidate one turn: a call to warm up, then as many as make the turn long
enough for the clock. A disturbance hits a whole round, so what is compared are times of one round;
the median over rounds forgets those that were disturbed unevenly.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch

LEAST_ROUNDS = 7
MOST_ROUNDS = 101
TURN = 0.02  # seconds of one turn, at least


@contextmanager
def on_threads(count: int | None) -> Generator[int]:
    """A block in which torch and Elman take so many threads, or as many as before; it is told."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield count or before
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Times:
    """Seconds of one call in each round."""

    each: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.each)

    @property
    def best(self) -> float:
        """The fastest round."""
        return min(self.each)

    def ratio(self, other: Times) -> float:
        """How many times as long as `other` this takes: the median of the rounds' ratios."""
        return statistics.median(a / b for a, b in zip(self.each, other.each, strict=True))


def in_turn(calls: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, Times]:
    """Time every call for about `seconds` together, and for at least seven rounds.

    Each has been called before: what is done only once must be over.
    """
    usual = {name: _timed(call) for name, call in calls.items()}
    counts = {name: max(1, math.ceil(TURN / max(t, 1e-7))) for name, t in usual.items()}
    each_round = sum((counts[name] + 1) * usual[name] for name in calls)
    rounds = min(MOST_ROUNDS, max(LEAST_ROUNDS, round(seconds / max(each_round, 1e-7))))
    found: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            start = number % len(order)
            for name in order[start:] + order[:start]:
                calls[name]()
                found[name].append(_timed(calls[name], counts[name]))
    finally:
        gc.enable()
    return {name: Times(tuple(each)) for name, each in found.items()}


def _timed(call: Callable[[], object], count: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count
