"""Byte-pair units: sentences come back as they were, the same pieces each time."""

from __future__ import annotations

import sys

import pytest

from elman.data.pieces import UNKNOWN, Pieces
from elman.errors import ConfigError, DataError

TEXTS = ["ein hund, der bellt.", "a dog (that barks)!", "zwei hunde bellen.", "it's a dog."] * 5


def test_sentences_come_back_and_frequent_words_are_one_piece():
    pieces = Pieces.of(TEXTS, 80)

    assert [pieces.decode(row) for row in pieces.encode(TEXTS[:4])] == TEXTS[:4]
    assert " a" in pieces.spelled(pieces.encode(["a dog"])[0])
    assert len(pieces) <= 80


def test_the_same_text_gives_the_same_pieces_and_json_keeps_them():
    pieces = Pieces.of(TEXTS, 80)
    assert Pieces.of(TEXTS, 80).model == pieces.model
    again = Pieces.from_json(pieces.to_json())
    assert again.encode(TEXTS) == pieces.encode(TEXTS)


def test_a_letter_never_seen_is_unknown():
    assert UNKNOWN in Pieces.of(TEXTS, 80).encode(["dog Ж"])[0]


def test_what_is_missing_or_damaged_is_said(monkeypatch):
    with pytest.raises(DataError, match="not of format 1 and kind 'pieces'"):
        Pieces.from_json({"format": 1})
    with pytest.raises(DataError, match=r"the pieces in vocabulary\.json are damaged"):
        Pieces("{}").encode(["a"])
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ConfigError) as error:
        Pieces.of(TEXTS, 80)
    assert str(error.value) == (
        "translation needs the package tokenizers: pip install 'elman[translation]'"
    )
