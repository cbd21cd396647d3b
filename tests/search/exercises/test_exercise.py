"""What all exercises are made of."""

from __future__ import annotations

import numpy as np

from elman.search.exercises.exercise import UNCOUNTED, answered, following


def test_a_question_is_read_and_its_answer_asked_for_with_its_end():
    made = answered([("1+1=", "2"), ("1=", "1")], "12+=.")
    assert made.inputs.T.tolist() == [[0, 2, 0, 3, 1], [0, 3, 0, 4, 4]]
    n = UNCOUNTED
    assert made.targets.T.tolist() == [[n, n, n, 1, 4], [n, 0, 4, n, n]]
    assert (made.counted == (made.targets != n)).all()
    assert made.number == 2


def test_windows_of_a_text_are_moved_by_one():
    made = following(np.arange(50), np.random.default_rng(0), 20, 6)
    assert (made.targets == made.inputs + 1).all()
    assert made.counted.all()
