from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.data.streams import streams, whole
from elman.errors import DataError

SIZES = st.tuples(st.integers(2, 200), st.integers(1, 9), st.integers(1, 17))


def test_a_window_is_time_by_batch_and_targets_come_one_later():
    window = next(streams(np.arange(100, dtype=np.uint8), batch=4, window=5))
    assert window.inputs.shape == window.targets.shape == window.counted.shape == (5, 4)
    assert window.inputs.dtype == window.targets.dtype == np.int64
    assert window.inputs[:, 1].tolist() == [20, 21, 22, 23, 24]
    assert (window.targets == window.inputs + 1).all()
    assert window.counted.all()


@given(SIZES)
def test_a_head_reads_on_unless_it_is_told_to_start_afresh(sizes):
    length, batch, window = sizes
    window = min(window, length - 1)
    before = None
    for step in islice(streams(np.arange(length), batch, window), 60):
        if before is None:
            assert step.reset.all()
        else:
            follows = step.inputs[0] == before.targets[-1]
            assert (follows | step.reset).all()
            assert (step.inputs[0, step.reset] == 0).all()
        assert (step.targets == step.inputs + 1).all()
        before = step


@given(SIZES)
def test_the_heads_together_read_every_window_equally_often(sizes):
    length, batch, window = sizes
    window = min(window, length - 1)
    source = streams(np.arange(length), batch, window)
    starts = Counter()
    for step in islice(source, source.windows):
        starts.update(step.inputs[0].tolist())
    assert set(starts) == set(range(0, source.windows * window, window))
    assert set(starts.values()) == {batch}


def test_the_heads_are_spread_over_the_text():
    source = streams(np.arange(1001), batch=4, window=10)
    assert next(source).inputs[0].tolist() == [0, 250, 500, 750]
    assert source.steps_per_pass == 25


@pytest.mark.parametrize("steps", [0, 1, 7, 33, 200])
def test_a_saved_position_goes_on_exactly(steps, rng):
    tokens = rng.integers(0, 60, 500)
    first, second = streams(tokens, 3, 8), streams(tokens, 3, 8)
    list(islice(first, steps))
    second.restore(first.state())
    for _ in range(100):
        for one, other in zip(next(first), next(second), strict=True):
            assert np.array_equal(one, other)


def test_a_position_in_another_text_is_refused():
    with pytest.raises(DataError) as caught:
        streams(np.arange(90), 2, 5).restore(streams(np.arange(90), 3, 5).state())
    assert str(caught.value) == (
        "the saved position belongs to batch = 3, here it is 2: "
        "resume with the same text, batch and window"
    )


def test_a_text_no_longer_than_a_window_is_refused():
    with pytest.raises(DataError) as caught:
        streams(np.arange(5), 1, 5)
    assert str(caught.value) == (
        "5 tokens do not fill a window of 5 and the one after it: "
        "give a longer text or a window of at most 4"
    )


def test_the_five_letters_of_hello_are_one_window():
    source = streams(np.array([1, 0, 2, 2, 3]), 1, 4)
    for step in islice(source, 3):
        assert (step.inputs[:, 0].tolist(), step.reset.tolist()) == ([1, 0, 2, 2], [True])


@given(SIZES)
def test_the_whole_text_is_counted_exactly_once(sizes):
    length, rows, window = sizes
    targets = Counter()
    for step in whole(np.arange(length), rows, window):
        assert len(step.inputs) <= window
        assert (step.targets == step.inputs + 1)[step.counted].all()
        targets.update(step.targets[step.counted].tolist())
    assert targets == Counter(range(1, length))


@given(SIZES)
def test_each_row_of_the_whole_carries_its_state_through(sizes):
    length, rows, window = sizes
    before = None
    for step in whole(np.arange(length), rows, window):
        assert step.reset.all() == step.reset.any() == (before is None)
        if before is not None:
            follows = step.inputs[0] == before.targets[-1]
            assert (follows | ~step.counted[0]).all()
        before = step


def test_one_row_is_the_definition():
    steps = list(whole(np.arange(12), 1, 4))
    assert [len(step.inputs) for step in steps] == [4, 4, 3]
    assert np.concatenate([s.inputs[:, 0] for s in steps]).tolist() == list(range(11))


def test_one_token_has_nothing_to_predict():
    with pytest.raises(DataError) as caught:
        next(whole(np.arange(1), 1, 4))
    assert str(caught.value) == (
        "a held-out text needs at least 2 tokens and this has 1: give a longer one"
    )


@pytest.mark.parametrize("batch, window", [(0, 3), (3, 0)])
def test_a_batch_or_window_of_nothing_is_refused(batch, window):
    with pytest.raises(DataError, match="must be at least 1"):
        streams(np.arange(90), batch, window)


def test_tokens_in_two_axes_are_refused():
    with pytest.raises(DataError, match=r"must be one row \[N\], not 2 axes"):
        streams(np.zeros((3, 4), np.int64), 1, 1)
