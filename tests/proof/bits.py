"""The demand on bits: they depend neither on the number of threads nor on the rows around a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from elman.derive import prefixed
from elman.kernels import llvm
from proof.compare import Mismatch
from proof.running import run
from proof.trial import Trial
from witness import Results

THREADS = (1, 2, 3, 4, 8)
Compiled = llvm.run.Compiled


def _by_rows(compiled: Compiled, call: llvm.run.Call, *, dealt: bool) -> tuple[int, bool]:
    """A team that shares rows, however little there is to do."""
    return (1 if dealt else min(llvm.pool.threads(), call.rows.rows)), False


def _by_units(compiled: Compiled, call: llvm.run.Call, *, dealt: bool) -> tuple[int, bool]:
    """One that shares units wherever that can be."""
    if dealt or not compiled.program.shares_units:
        return _by_rows(compiled, call, dealt=dealt)
    return llvm.pool.threads(), True


@contextmanager
def threads(number: int, *, units: bool = False) -> Iterator[None]:
    """torch, and kernels with it, on so many threads, which share the rows, or the units of every
    stage where they can.
    """
    before, patch = torch.get_num_threads(), pytest.MonkeyPatch()
    torch.set_num_threads(number)
    try:
        # both are that nothing is done alone, and calls of one are not taken for calls of the other
        patch.setattr(llvm.run, "ALONE", -1 if units else 0)
        patch.setattr(Compiled, "_team", _by_units if units else _by_rows)
        yield
    finally:
        patch.undo()
        torch.set_num_threads(before)


def equal(trial: Trial, got: Results, want: Results, when: str) -> None:
    """Mismatch unless arrays have the same bits, signs of zeros and all."""
    for name, value in want.items():
        if np.ascontiguousarray(got[name]).tobytes() != np.ascontiguousarray(value).tobytes():
            raise Mismatch(f"{name} has other bits {when}\n{trial}")


def any_threads(trial: Trial, dtype: torch.dtype = torch.float64) -> int:
    """Outputs and all gradients on 1, 2, 3, 4 and 8 threads; how often they were compared."""
    found: list[Results] = []
    for units in (False, True):
        for number in THREADS:
            with threads(number, units=units):
                found.append(run(trial, dtype=dtype))
            how = f"on {number} threads" + ", which share units" * units
            equal(trial, found[-1], found[0], how)
    return len(found) - 1


def any_team(trial: Trial, dtype: torch.dtype) -> int:
    """Outputs and all gradients on 2 and 3 threads that share units, three times each, against
    those of one thread; how often they were compared.
    """
    with threads(1):
        want = run(trial, dtype=dtype)
    for number in (2, 3) * 3:
        with threads(number, units=True):
            equal(trial, run(trial, dtype=dtype), want, f"on {number} threads, which share units")
    return 6


def any_batch(trial: Trial, dtype: torch.dtype = torch.float64) -> int:
    """Rows alone, against the same rows in the batch: all but the gradients of parameters."""
    whole = run(trial, dtype=dtype)
    rows = [] if trial.dropout else sorted({0, trial.shape[1] // 2, trial.shape[1] - 1})
    for row in rows:  # a mask knows which row it is for, so a row with one is not compared
        got = run(trial.alone(row), dtype=dtype)
        equal(trial, got, of_row(trial, whole, row), f"where row {row} is alone")
    return len(rows)


def of_row(trial: Trial, whole: Results, row: int) -> Results:
    """What belongs to one row: everything but the gradients of parameters."""
    shared = {prefixed(name) for name in trial.case.fixed}
    return {
        name: value[:, row : row + 1] if value.ndim == 3 else value[row : row + 1]
        for name, value in whole.items()
        if name not in shared
    }
