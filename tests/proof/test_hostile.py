"""Hostile numbers: compiled code has the NaN and the infinities that the mathematics has."""

from __future__ import annotations

import numpy as np
import pytest

from proof.hostile import classes, hostile
from proof.trial import trial

WHOLE = 500
CHUNK = 50


def met(seeds: range, tally) -> None:
    for of in (trial(seed) for seed in seeds if seed % 50 != 7):  # not the long ones
        tally(decided=hostile(of))


@pytest.mark.parametrize("first", (0, 8))
def test_hostile_numbers_give_the_classes_that_the_interpreter_gives(first, tally):
    met(range(first, first + 8), tally)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(16, WHOLE, CHUNK))
def test_hostile_numbers_give_the_classes_that_the_interpreter_gives_for_many_cells(first, tally):
    met(range(first, first + CHUNK), tally)


def test_classes_tell_finite_infinite_and_undefined_numbers_apart():
    values = np.array([0.0, -0.0, 1e300, np.inf, -np.inf, np.nan])
    assert classes(values).tolist() == [0, 0, 0, 1, -1, 2]
