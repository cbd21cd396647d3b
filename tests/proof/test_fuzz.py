"""Random cells: compiled code against the interpreter, and both against dual numbers.

A trial is made from a number, so a failure names the trial that caused it, after it was made as
small as it gets. `make prove` runs thousands; a slice of them runs always.
"""

from __future__ import annotations

import pytest

from elman.graph.canonical import fingerprint
from proof.compare import Mismatch, Undefined, compare, fails
from proof.pairs import PAIRS, pairs
from proof.shrink import shrink
from proof.single import single
from proof.trial import Trial, trial

SLICE = 150
WHOLE = 3400
CHUNK = 50
SINGLES = 4  # of so many trials that the eager target can run, one is run in single precision


def run(seeds: range, tally) -> None:
    """Compare every trial; the first that fails is made smaller and shown."""
    ran: list[Trial] = []
    left_out: list[str] = []
    failed: list[tuple[Trial, Exception]] = []
    for of in map(trial, seeds):
        try:
            compare(of)
            ran.append(of)
        except Undefined as why:
            left_out.append(f"{of.seed}: {why}")
        except Exception as error:
            failed.append((of, error))
    tally(
        trials=len(ran),
        undefined=len(left_out),
        mismatches=len(failed),
        cells={fingerprint(of.step) for of in ran},
        pairs={" ".join(map(str, pair)) for of in ran for pair in pairs(of.cell)},
    )
    if failed:
        first, error = failed[0]
        if isinstance(error, Mismatch):
            raise Mismatch(f"{error}\nthe smallest that fails:\n{shrink(first, fails)}")
        raise AssertionError(f"{first}") from error
    assert len(left_out) <= len(seeds) // 10, left_out


@pytest.mark.parametrize("first", range(0, SLICE, 30))
def test_random_cells_agree_with_two_witnesses(first, tally):
    run(range(first, first + 30), tally)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(SLICE, WHOLE, CHUNK))
def test_thousands_of_random_cells_agree_with_two_witnesses(first, tally):
    run(range(first, first + CHUNK), tally)


def in_single(seeds: range, tally) -> None:
    for of in (of for of in map(trial, seeds) if of.plain):
        try:
            single(of)
            tally(singles=1)
        except Undefined:
            tally(undefined=1)


@pytest.mark.parametrize("first", (0, 25))
def test_single_precision_is_as_close_as_eager_torch(first, tally):
    in_single(range(first, first + 25), tally)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(50, WHOLE // SINGLES, CHUNK))
def test_single_precision_is_as_close_as_eager_torch_for_many_cells(first, tally):
    in_single(range(first, first + CHUNK), tally)


@pytest.mark.prove
def test_the_trials_are_thousands_of_cells_and_meet_the_table_of_pairs():
    cells: set[str] = set()
    met: set[tuple[str, str, int]] = set()
    for of in map(trial, range(WHOLE)):
        cells.add(fingerprint(of.step))
        met |= pairs(of.cell)
    assert len(cells) >= 3000
    assert len(met) >= 0.95 * len(PAIRS), f"not met: {sorted(PAIRS - met)}"
