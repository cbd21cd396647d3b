"""The witnesses themselves: dual numbers against differences, the reference against over_time."""

from __future__ import annotations

import numpy as np
import pytest

from elman.equations import Cell
from proof.compare import Mismatch, Undefined, compare, undefined, witnessed
from proof.dual import Walk
from proof.reference import Reference
from proof.trial import Trial
from witness import agree64, expected
from zoo import CELLS


@pytest.mark.parametrize("name", CELLS)
def test_the_reference_gives_whole_sequences_what_the_interpreter_gives(name):
    of = Trial(3, CELLS[name], (4, 3, 5, 6), history=True)
    agree64(Reference(of).results(), expected(of.case, history=True))


@pytest.mark.parametrize("name", CELLS)
def test_dual_numbers_give_the_slope_between_two_near_points(name):
    of = Trial(3, CELLS[name], (3, 2, 4, 4), history=True)
    walk = Walk(of)
    _, slopes = walk.losses()
    for tensor, direction in walk.directions.items():
        near = (_moved(of, tensor, sign * 1e-6 * direction) for sign in (1, -1))
        above, below = (Walk(one).losses()[0] for one in near)
        assert abs((above - below) / 2e-6 - slopes[tensor]) < 1e-6 * max(1, abs(slopes[tensor]))


def _moved(of: Trial, tensor: str, by: np.ndarray) -> Trial:
    made = Trial(of.seed, of.cell, of.shape, history=of.history)
    made.case.tensors[tensor][...] += by
    return made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("h' = relu(layernorm(W x) + U (h - h)) + mean(h)", "of a kink"),
        ("h' = exp(30 * sin(1000000000000 * h)) + W x", "a rounding error moves"),
    ],
)
def test_a_trial_that_rounding_decides_is_known(text, why):
    of = Trial(1, Cell(text), (2, 1, 3, 1))
    assert why in undefined(of)


def test_a_value_that_is_not_finite_has_no_witness():
    with pytest.raises(Undefined, match="not finite"):
        witnessed(Trial(1, Cell("h' = exp(1000 + W x)"), (2, 1, 3, 2)))


def test_ties_that_no_rounding_can_undo_are_compared():
    of = Trial(1, Cell("h' = min(x, x) + relu(h) + where(b <= b, 1, 2)"), (3, 2, 4, 4), zeros=True)
    assert not undefined(of)
    compare(of)


def test_a_wrong_gradient_of_the_interpreter_is_noticed(monkeypatch):
    right = Reference.results

    def wrong(self):
        return {n: v * (1.001 if n == "grad_x" else 1) for n, v in right(self).items()}

    monkeypatch.setattr(Reference, "results", wrong)
    with pytest.raises(Mismatch, match="grad_x differs from the slope of the equations"):
        witnessed(Trial(1, CELLS["gru"], (3, 2, 4, 5)))
