"""A training step of every cell at every shape, by every candidate: checked, then timed.

A benchmark of wrong results is worthless: each candidate's output and gradients are compared with
those of a torch loop in double precision before its time is taken.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from elman.bench.candidates import HALVES, MAKERS, Candidate, Results, limit_jax, tuned_loop
from elman.bench.limit import limit
from elman.bench.problem import Problem
from elman.bench.report import machine
from elman.bench.rivals import RIVALS
from elman.bench.rounds import Times, in_turn, on_threads
from elman.errors import ConfigError, KernelError
from elman.kernels.llvm.objects import anew

Shape = tuple[int, int, int]
CELLS = ("rnn", "gru", "lstm", "mut1")
OTHERS = ("mut1", "mgu", "lstm_peephole", "lstm_layernorm")
SHAPES: tuple[Shape, ...] = ((64, 32, 128), (64, 64, 256), (128, 64, 512), (256, 16, 128))
WIDE = ((128, 64, 512), (64, 64, 1024))  # for what pays where matrices are large
TOLERANCE = 1e-3  # of the largest number of an array: far above rounding, far below a wrong gate
HALF_TOLERANCE = 5e-2  # the same where products are in bf16


@dataclass(frozen=True)
class Settings:
    """What to measure: `shapes` are (T, B, H), `seconds` those spent on one cell and shape.

    With `compile`, torch.compile takes part; it needs minutes for a cell and shape. With `half`,
    our layer with products in bf16 is compared with itself in fp32 and with torch's under autocast.
    """

    cells: Sequence[str] = CELLS
    shapes: Sequence[Shape] = SHAPES
    seconds: float = 5.0
    threads: int | None = None
    compile: bool = False
    half: bool = False


def measure(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    threads = settings.threads or torch.get_num_threads()
    check(settings, threads, tuple(RIVALS))
    limit_jax(threads)
    small = all(math.prod(shape) < 10_000 for shape in settings.shapes)
    rows: list[dict[str, Any]] = []
    with on_threads(threads):
        tell("the machine's limit")
        limits = {str(n): limit(n, small=small) for n in sorted({1, threads})}
        for name in settings.cells:
            for shape in settings.shapes:
                tell(f"{name} at T, B, H = {', '.join(map(str, shape))}")
                rows.append(_row(Problem(name, *shape), settings))
    return {
        "machine": machine(threads),
        "products": "bf16" if settings.half else "fp32",
        "limit": limits,
        "results": rows,
        "means": {name: _means(rows, name) for name in settings.cells},
    }


def check(settings: Settings, threads: int, cells: Sequence[str]) -> None:
    """ConfigError unless there is something to measure."""
    for name in settings.cells:
        if name not in cells:
            raise ConfigError(f"there is no benchmark of {name!r}: choose from {', '.join(cells)}")
    for shape in settings.shapes:
        if min(shape) < 1:
            raise ConfigError(f"T, B and H must be at least 1, not {', '.join(map(str, shape))}")
    if threads < 1 or settings.seconds < 0:
        raise ConfigError(
            f"--threads must be at least 1 and --seconds not below 0, not {threads} and "
            f"{settings.seconds:g}"
        )


def _row(problem: Problem, settings: Settings) -> dict[str, Any]:
    """One line of the table."""
    expected = _results(tuned_loop(problem, torch.float64))
    makers = {n: make for n, make in MAKERS.items() if settings.compile or n != "compile"}
    if settings.half:
        makers = HALVES
    made = {name: make(problem) for name, make in makers.items()}
    ready = {name: candidate for name, candidate in made.items() if candidate is not None}
    near = HALF_TOLERANCE if settings.half else TOLERANCE
    first = {name: first_call(name, problem, one, expected, near) for name, one in ready.items()}
    times = in_turn({name: one.call for name, one in ready.items()}, settings.seconds)
    rivals = {name: times[name].ratio(times["elman"]) for name in ready if name != "elman"}
    return {
        "cell": problem.cell,
        "T": problem.steps,
        "B": problem.rows,
        "H": problem.units,
        "operations": problem.operations,
        "bytes": problem.bytes,
        "rounds": len(times["elman"].each),
        "candidates": {n: _figures(problem, t, first[n]) for n, t in times.items()},
        "ratios": rivals,
    }


def _figures(problem: Problem, times: Times, first: float) -> dict[str, float]:
    return {
        "median": times.median,
        "best": times.best,
        "first": first,
        "gflops": problem.operations / times.median / 1e9,
    }


def first_call(
    name: str, problem: Problem, candidate: Candidate, expected: Results, near: float
) -> float:
    """Seconds of the first call, which compiles; KernelError if what it gives is wrong."""
    with anew():
        start = time.perf_counter()
        results = candidate.call()
        seconds = time.perf_counter() - start
    agree(f"{name} at {problem}", candidate.read(results), expected, near)
    return seconds


def _results(candidate: Candidate) -> Results:
    return candidate.read(candidate.call())


def agree(who: str, found: Results, expected: Results, near: float = TOLERANCE) -> None:
    """KernelError unless all results are the expected ones, up to rounding."""
    for name, want in expected.items():
        if name not in found or found[name].shape != want.shape:
            raise KernelError(f"{who}: {name} is missing or has the wrong shape")
        error = float(np.abs(found[name] - want).max(initial=0.0))
        largest = float(np.abs(want).max(initial=0.0))
        if not error <= near * max(largest, 1e-6):
            what = "y" if name == "y" else f"the gradient of {name}"
            raise KernelError(
                f"{who}: {what} is off by {error:.2g} where the largest number is {largest:.2g}, "
                "so its time means nothing"
            )


def _means(rows: Sequence[Mapping[str, Any]], cell: str) -> dict[str, float]:
    """The geometric mean over shapes of each rival's ratio."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["cell"] == cell:
            for name, ratio in row["ratios"].items():
                found.setdefault(name, []).append(ratio)
    return {name: geometric(ratios) for name, ratios in found.items()}


def geometric(ratios: Sequence[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
