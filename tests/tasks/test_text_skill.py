"""A character model in use: what it says of a text in another alphabet."""

from __future__ import annotations

import math

import pytest
import torch

from elman.data import Vocabulary
from elman.data.text import from_text
from elman.errors import DataError
from elman.tasks.score import mean_loss
from elman.tasks.text_config import TextConfig
from elman.tasks.text_skill import TextSkill, build_model

CONFIG = TextConfig("gru", hidden=8, layers=1, embedding=4, dropout=0.0, batch=2, window=5)
TEXT = "the cat sat on the mat. " * 10


@pytest.fixture
def skill() -> TextSkill:
    torch.manual_seed(0)
    known = Vocabulary.of(TEXT, TEXT + "?")
    return TextSkill(build_model(CONFIG, "gru", known).eval(), known)


def text(letters: str):
    return from_text(letters, letters.encode(), name="a", source="a.txt")


def test_its_own_text_is_measured_on_the_held_out_part_and_another_as_a_whole(skill):
    own = skill.evaluate(text(TEXT), own=True, seed=0, warn=pytest.fail)
    other = skill.evaluate(text(TEXT), own=False, seed=0, warn=pytest.fail)

    assert (own["characters"], other["characters"]) == (23, 239)
    tokens = skill.vocabulary.encode(TEXT)
    assert other["val_loss"] == pytest.approx(mean_loss(skill.model, tokens), rel=1e-5)
    assert other["perplexity"] == pytest.approx(math.exp(other["val_loss"]))


def test_a_text_in_another_alphabet_is_refused_or_warned_about(skill):
    said: list[str] = []
    with pytest.raises(DataError, match="the model knows none of the characters of a"):
        skill.evaluate(text("ÄÖÜ" * 9), own=False, seed=0, warn=said.append)
    skill.evaluate(text("the Ä" * 9), own=False, seed=0, warn=said.append)
    assert len(said) == 1 and "outside the model's alphabet" in said[0]
