"""Scores of sentences: against sacrebleu's command and by hand."""

from __future__ import annotations

import sys

import pytest

from elman.errors import ConfigError
from elman.tasks.nearest import Nearest
from elman.tasks.scores import bleu, bleu_by_order, chrf


def test_the_same_sentences_have_full_scores_whatever_their_case():
    said = ["A dog runs over the grass .", "two men play"]
    assert bleu(said, [[s.lower()] for s in said])[0] == pytest.approx(100)
    assert chrf(said, [[s.lower()] for s in said]) == pytest.approx(100)


def test_unigrams_are_counted_with_the_brevity_penalty():
    import math

    found = bleu_by_order(["the cat"], [["the cat sat"]])
    assert found["BLEU-1"] == pytest.approx(100 * math.exp(1 - 3 / 2))


def test_any_of_several_sentences_may_be_met():
    assert bleu(["a b c d", "e f g h"], [["x"], ["e f g h", "y"]])[0] > 20


def test_the_nearest_sentence_shares_rare_words():
    found = Nearest(["the cat sat", "the dog ran", "a cat ran"])
    assert found.to("the dog barked") == 1 and found.to("zebra") == 0


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ConfigError, match=r"pip install 'elman\[translation\]'"):
        bleu(["a"], [["a"]])
