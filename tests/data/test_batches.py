"""Batches: every sequence once a pass, lengths together, positions exact."""

from __future__ import annotations

import numpy as np
import pytest

from elman.data.batches import Batches, by_length
from elman.errors import DataError

LENGTHS = np.random.default_rng(0).integers(1, 50, 103)


def test_a_pass_has_every_sequence_once_and_passes_differ():
    batches = Batches(LENGTHS, 8)
    one = [next(batches) for _ in range(batches.per_pass)]
    two = [next(batches) for _ in range(batches.per_pass)]

    assert sorted(np.concatenate(one)) == list(range(103)) == sorted(np.concatenate(two))
    assert not all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert batches.mean * batches.per_pass == pytest.approx(LENGTHS.sum())


def test_the_lengths_of_a_batch_are_close():
    batches = Batches(LENGTHS, 8)
    spans = [np.ptp(LENGTHS[next(batches)]) for _ in range(batches.per_pass)]
    assert np.mean(spans) < 10


def test_a_restored_position_goes_on_exactly_and_of_other_data_is_refused():
    one, two = Batches(LENGTHS, 8, seed=4), Batches(LENGTHS, 8, seed=4)
    for _ in range(20):
        next(one)
    two.restore(one.state())
    assert all(np.array_equal(next(one), next(two)) for _ in range(20))
    with pytest.raises(DataError, match="belongs to batch = 8, here it is 9"):
        Batches(LENGTHS, 9).restore(one.state())


def test_scoring_goes_through_all_by_length():
    order = np.concatenate(by_length(LENGTHS, 10))
    assert sorted(order) == list(range(103)) and np.all(np.diff(LENGTHS[order]) <= 0)
