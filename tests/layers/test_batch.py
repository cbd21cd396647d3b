"""Batches in every layout, lengths and resets in every form, as the kernel takes them."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from elman.errors import ShapeError
from elman.layers.batch import batch


@pytest.mark.parametrize(
    "lengths", [[3, 0, 5], (3, 0, 5), np.array([3, 0, 5]), torch.tensor([3, 0, 5])]
)
def test_lengths_may_be_anything_with_numbers(lengths):
    sequences = batch(torch.zeros(5, 3, 2), lengths=lengths).sequences
    assert sequences.forwards.length.tolist() == [5, 3, 0]
    assert sequences.forwards.order.tolist() == [2, 0, 1]


def test_rows_first_are_turned_and_turned_back():
    x = torch.randn(3, 5, 2)
    reset = torch.rand(3, 5) < 0.5
    given = batch(x, batch_first=True, reset=reset)
    assert torch.equal(given.x, x.transpose(0, 1))
    assert torch.equal(given.sequences.reset, reset.T)
    assert torch.equal(given.output(given.x), x)


def test_packed_rows_are_sorted_for_the_kernel_and_states_with_them():
    x, states = torch.randn(5, 3, 2), torch.randn(1, 3, 4)
    packed = pack_padded_sequence(x, torch.tensor([2, 5, 3]), enforce_sorted=False)
    given = batch(packed)
    assert given.rows == 3 and given.sequences.forwards.length.tolist() == [5, 3, 2]
    assert given.sequences.forwards.when.tolist()[:5] == [0, 3, 6, 8, 9]
    inside = given.states_in(states)
    assert torch.equal(inside[:, 0], states[:, 1])
    assert torch.equal(given.states_out(inside), states)
    assert torch.equal(given.output(given.x).data, packed.data)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"lengths": [3, 4]},
            "lengths must have one number for each of 3 rows: shape (3,), not (2,)",
        ),
        (
            {"lengths": torch.tensor([3.0, 4.0, 1.0])},
            "lengths must be whole numbers, not torch.float32",
        ),
        ({"lengths": [True, True, True]}, "lengths must be whole numbers, not torch.bool"),
        ({"lengths": np.ones(3, complex)}, "lengths must be whole numbers, not torch.complex128"),
        ({"reset": torch.zeros(3, 5)}, "reset must have shape (5, 3) (steps, rows), not (3, 5)"),
    ],
)
def test_what_does_not_fit_is_said_with_its_numbers(wrong, message):
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        batch(torch.zeros(5, 3, 2), **wrong)


@pytest.mark.parametrize("lengths", [[3, 6, 1], [3, -1, 1]])
def test_lengths_out_of_range_are_refused(lengths):
    with pytest.raises(ShapeError, match=r"^lengths must lie between 0 and 5, but row"):
        _ = batch(torch.zeros(5, 3, 2), lengths=lengths).sequences.forwards


def test_a_packed_sequence_has_its_own_lengths():
    packed = pack_padded_sequence(torch.zeros(5, 2, 2), torch.tensor([5, 2]))
    with pytest.raises(ShapeError, match=r"^a PackedSequence has its own lengths"):
        batch(packed, lengths=[5, 2])
