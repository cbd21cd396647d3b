"""Hostile numbers: zeros of both signs, subnormals, infinities, NaN, and magnitudes of 1e30.

The demand is on classes of numbers: what is NaN, what is +Inf or -Inf, what is finite. Compiled
code must give an element the class that the interpreter gives it in the same precision, for all
outputs and all gradients, wherever that class is *decided*: where the interpreter gives it the
same class in the next wider precision too. Elsewhere it is the range of the type that decides, not
the mathematics: whether 1e30 * 1e30 - 1e30 * 1e30 is NaN or 0 in single precision depends on
whether a product is rounded before it is added, and compiled code fuses the two.

Where the only hostile numbers are NaN, all others are usual ones, and what is finite has its value
too: that is how a comparison with NaN shows which way it went.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from proof.compare import Mismatch
from proof.reference import Reference
from proof.running import run
from proof.trial import Trial

Array = np.ndarray
POOLS = (
    (0.0, -0.0, 1e-40, -1e-40, 1e-310),
    (np.nan,),
    (np.inf, -np.inf),
    (1e30, -1e30, 1e-30, -1e-30),
    (0.0, -0.0, 1e-40, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30),
)
NANS = 1  # the pool of NaN alone
ALL = 4
TURNS = 12
VALUE = 1e-6  # how far a finite number may be off, of the largest
WIDER = {np.float32: np.float64, np.float64: np.longdouble}


def poisoned(trial: Trial, number: int, turn: int = 0) -> Trial:
    """The trial with some of its numbers exchanged for hostile ones, of the pool of a number."""
    pick = random.Random(trial.seed + 2**32 * turn)
    pool = POOLS[number]
    case = trial.case
    groups = {kind: dict(getattr(case, kind)) for kind in ("inputs", "statics", "states", "fixed")}
    names = [name for values in groups.values() for name in values]
    # of NaN little is enough, and of much there is nothing else left to see
    chosen = set(pick.sample(names, min(2, len(names))) if number == NANS else names)
    for values in groups.values():
        for name, value in values.items():
            values[name] = value = value.copy()
            times = pick.choice([0, 1, 1, 3])
            for _ in range(min(value.size, times) if name in chosen else 0):
                value.flat[pick.randrange(value.size)] = pick.choice(pool)
    return trial.with_numbers(**groups)


def classes(value: Array) -> Array:
    """0 where finite, 1 and -1 where infinite, 2 where NaN."""
    infinite = np.where(np.isinf(value), np.sign(np.nan_to_num(value, nan=0.0)), 0)
    return np.where(np.isnan(value), 2, infinite).astype(int)


def hostile(trial: Trial) -> int:
    """Mismatch where a decided class is not kept in either precision; how many were decided.

    Pools are taken in turn, but those of NaN alone and of everything by every trial. Equality is
    rare and seldom sees a NaN: it gets several chances.
    """
    pools = {(trial.seed // 4 % len(POOLS), 0), (NANS, 0), (ALL, 0)}
    if any(node.op in ("eq", "ne") for node in trial.step.nodes()):
        pools |= {(NANS, turn) for turn in range(1, TURNS)}
    return sum(_hostile(trial, pool, turn) for pool, turn in sorted(pools))


def _hostile(trial: Trial, pool: int, turn: int) -> int:
    of, decided = poisoned(trial, pool, turn), 0
    for dtype, kind in ((np.float32, torch.float32), (np.float64, torch.float64)):
        with np.errstate(all="ignore"):
            want, wide = (Reference(of, each).results() for each in (dtype, WIDER[dtype]))
        got = run(of, dtype=kind)
        for name, value in got.items():
            sure = classes(want[name]) == classes(wide[name])
            wrong = sure & (classes(value) != classes(want[name]))
            if pool == NANS and dtype == np.float64:
                wrong |= _elsewhere(value, want[name])
            decided += int(sure.sum())
            if wrong.any():
                where = tuple(int(i) for i in np.argwhere(wrong)[0])
                raise Mismatch(
                    f"{name}{list(where)} is {value[where]} in {dtype.__name__}, "
                    f"not {want[name][where]}\n{of}"
                )
    return decided


def _elsewhere(value: Array, want: Array) -> Array:
    """Where both are finite and far from one another."""
    finite = np.isfinite(want) & np.isfinite(value)
    size = max(1.0, float(np.abs(want[finite]).max(initial=0.0)))
    with np.errstate(invalid="ignore"):
        return finite & (np.abs(value - want) > VALUE * size)
