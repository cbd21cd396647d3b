"""Words as numbers, and sentences from words."""

from __future__ import annotations

import pytest

from elman.data.words import UNKNOWN, Words, written
from elman.errors import DataError


def test_words_come_back_the_most_frequent_first_and_rare_ones_are_unknown():
    known = Words.of([["a", "dog"], ["a", "cat", "cat"]], 2)
    assert known.known == ("a", "cat") and len(known) == 6
    assert known.encode(["cat", "dog"]) == [5, UNKNOWN]
    assert known.decode([4, 5]) == ["a", "cat"]
    assert Words.from_json(known.to_json()).known == known.known
    with pytest.raises(DataError, match="kind 'words'"):
        Words.from_json({"format": 1, "kind": "pieces"})


def test_a_sentence_begins_with_a_capital_and_signs_stand_close():
    assert written(["a", "dog", ",", "red", "."]) == "A dog, red."
