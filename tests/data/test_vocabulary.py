from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.data.vocabulary import Vocabulary
from elman.errors import DataError


@given(st.text(min_size=1))
def test_decoding_undoes_encoding(text):
    vocabulary = Vocabulary.of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.text(min_size=1), st.text())
def test_held_out_text_keeps_its_length_and_shows_what_was_unknown(training, held_out):
    vocabulary = Vocabulary.of(training, held_out)
    shown = vocabulary.decode(vocabulary.encode_held_out(held_out))
    assert shown == "".join(c if c in training else "�" for c in held_out)


def test_tokens_follow_code_points():
    vocabulary = Vocabulary.of("hello")
    assert vocabulary.characters == "ehlo"
    assert vocabulary.encode("hello").tolist() == [1, 0, 2, 2, 3]


def test_nothing_is_learned_from_held_out_text():
    vocabulary = Vocabulary.of("hello", "hell")
    assert (len(vocabulary), vocabulary.unknown) == (4, None)


def test_one_unknown_token_stands_for_all_strangers_in_held_out_text():
    vocabulary = Vocabulary.of("hello", "yellow!")
    assert (len(vocabulary), vocabulary.unknown) == (5, 4)
    assert vocabulary.encode_held_out("yellow!").tolist() == [4, 0, 2, 2, 3, 4, 4]
    assert 4 not in vocabulary.encode("hello")


def test_strangers_are_counted():
    vocabulary = Vocabulary.of("hello")
    assert vocabulary.strangers("yellow yes") == {"y": 2, "w": 1, " ": 1, "s": 1}
    assert not vocabulary.strangers("hole")


def test_a_stranger_between_two_known_code_points_is_unknown_too():
    assert Vocabulary.of("ac", "b").encode_held_out("abc").tolist() == [0, 2, 1]


@pytest.mark.parametrize("size, dtype", [(256, np.uint8), (257, np.uint16), (65537, np.int32)])
def test_tokens_take_as_few_bytes_as_they_can(size, dtype):
    text = "".join(map(chr, range(0x10000, 0x10000 + size)))
    vocabulary = Vocabulary.of(text)
    assert vocabulary.encode(text).dtype == dtype
    assert vocabulary.encode(text)[-1] == size - 1


def test_a_long_text_is_encoded_like_a_short_one():
    text = "abc" * 500_000
    tokens = Vocabulary.of(text).encode(text)
    assert tokens.reshape(-1, 3).tolist()[-1] == [0, 1, 2]
    assert len(tokens) == len(text)


def test_a_prime_text_with_strangers_names_them():
    with pytest.raises(DataError) as caught:
        Vocabulary.of("hello").encode("Hello, é")
    assert str(caught.value) == (
        "' ', ',', 'H', 'é' are not in this model's alphabet of 4 characters ('h' is known): "
        "leave them out, or train on a text that contains them"
    )


def test_many_strangers_are_counted():
    with pytest.raises(DataError, match=r"'7' and 2 more are not in this model's alphabet of 1 "):
        Vocabulary.of("x").encode("1234567890")


def test_decoding_another_alphabet_is_an_error():
    with pytest.raises(DataError) as caught:
        Vocabulary.of("hello").decode(np.array([0, 7]))
    assert str(caught.value) == (
        "tokens go from 0 to 7, this alphabet from 0 to 3: use the vocabulary of the same run"
    )


@pytest.mark.parametrize("held_out", ["", "?"])
def test_json_brings_it_back(held_out):
    vocabulary = Vocabulary.of("tschüß\n𝄞", held_out)
    text = json.dumps(vocabulary.to_json())
    assert Vocabulary.from_json(text) == vocabulary
    assert Vocabulary.from_json(json.loads(text)) == vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "kind": "characters", "characters": "ab", "unknown": false}',
        '{"format": 1, "kind": "characters", "characters": "ba", "unknown": false}',
        '{"format": 1, "kind": "characters", "characters": "", "unknown": false}',
        '{"format": 1, "kind": "characters", "characters": ["a"], "unknown": false}',
    ],
)
def test_what_is_not_a_vocabulary_is_refused(text):
    with pytest.raises(DataError):
        Vocabulary.from_json(text)
