"""CIDEr-D: by hand where that is possible, and in the right order elsewhere."""

from __future__ import annotations

import pytest

from elman.tasks.cider import cider

RIGHT = [
    [["a", "red", "dog", "runs"]],
    [["two", "blue", "birds", "sing"]],
    [["an", "old", "ship", "x"]],
]


def test_what_people_wrote_scores_ten_and_nothing_in_common_zero():
    said = [one[0] for one in RIGHT]
    assert cider(said, RIGHT) == pytest.approx(10)
    assert cider([["z"]] * 3, RIGHT) == 0


def test_one_word_is_a_quarter_of_its_cosine():
    import math

    # one of four equally rare words, three words shorter
    by_hand = 10 * 0.25 * (1 / math.sqrt(4)) * math.exp(-9 / 72) / 3
    assert cider([["dog"], ["z"], ["z"]], RIGHT) == pytest.approx(by_hand)


def test_repeating_a_word_does_not_help():
    once = cider([["a", "dog"], ["z"], ["z"]], RIGHT)
    assert cider([["dog", "dog"], ["z"], ["z"]], RIGHT) < once * 2
