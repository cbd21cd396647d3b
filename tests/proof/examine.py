"""Everything that is asked of one trial: two witnesses always, and one further demand in turn.

Every trial is compared in double precision. Of each four, one is also run in single precision, one
on several threads and row by row, one between guarded pages, and one with hostile numbers.
"""

from __future__ import annotations

from proof.bits import any_batch, any_threads
from proof.compare import Undefined, compare
from proof.guards import under_guard
from proof.hostile import hostile
from proof.single import single
from proof.trial import Trial, trial


def examine(seed: int) -> None:
    """Mismatch if a trial fails at anything; trials without a defined result pass."""
    of = trial(seed)
    for demand in demands(seed):
        try:
            demand(of)
        except Undefined:
            continue


def demands(seed: int):
    """What is asked of the trial of a number."""
    yield compare
    long = seed % 50 == 7
    match seed % 4:
        case 0:
            yield _single
        case 1:
            yield any_threads
            yield any_batch
        case 2:
            yield under_guard
        case _ if not long:
            yield hostile


def _single(of: Trial) -> None:
    if of.plain:
        single(of)
