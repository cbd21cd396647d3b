"""Areas and correlations against counting pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from elman.probe.ranks import areas, correlations, figures, midranks, ranks


def by_pairs(values, labels) -> float:
    """How often one that has the label stands above one that has not, a tie counted half."""
    yes, no = values[labels].astype(float), values[~labels].astype(float)
    above = (yes[:, None] > no[None]).sum() + 0.5 * (yes[:, None] == no[None]).sum()
    return above / (len(yes) * len(no))


@pytest.fixture
def values(rng):
    """With ties, with both zeros, with what overflowed."""
    drawn = rng.normal(size=(70, 300)).round(1).astype(np.float16)
    drawn[3, :9] = -0.0
    drawn[4, 5], drawn[4, 6] = np.inf, -np.inf
    return drawn


def test_areas_are_shares_of_pairs(values, rng):
    labels = rng.random((300, 3)) < [0.1, 0.5, 0.9]
    found, _ = figures(values, labels, np.empty((300, 0)))
    for unit in range(len(values)):
        for k in range(3):
            assert found[unit, k] == pytest.approx(by_pairs(values[unit], labels[:, k]), abs=1e-12)


def test_ranks_are_those_of_sorting(values):
    for row, own in zip(ranks(values), values, strict=True):
        assert np.array_equal(row, midranks(own + np.float16(0)))


def test_correlations_are_numpys(values, rng):
    amounts = rng.normal(size=(300, 2))
    finite = np.delete(values, 4, 0)
    _, found = figures(finite, np.empty((300, 0), bool), amounts)
    for unit in range(len(finite)):
        for k in range(2):
            wanted = np.corrcoef(finite[unit].astype(float), amounts[:, k])[0, 1]
            assert found[unit, k] == pytest.approx(wanted, abs=1e-9)


def test_what_never_changes_tells_nothing():
    flat = np.zeros((1, 50), np.float16)
    assert np.isnan(areas(ranks(flat), np.ones((50, 1), bool)))
    assert areas(ranks(flat), np.arange(50)[:, None] < 20) == 0.5
    assert np.isnan(correlations(flat, np.arange(50.0)[:, None]))
