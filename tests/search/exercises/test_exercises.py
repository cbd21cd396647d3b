"""Exercises: the answers are worked out a second time, from the letters as a person reads them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from elman.errors import ConfigError, DataError
from elman.search import exercises
from elman.search.exercises import (
    UNCOUNTED,
    adding,
    arithmetic,
    brackets,
    copying,
    memorization,
    parity,
    text,
    xml,
)


def read(exercise, made, column):
    return exercise.spell(made.inputs[:, column])


def asked(exercise, made, column):
    """What has to be answered, at the places where it is counted."""
    targets = made.targets[:, column][made.counted[:, column]]
    return exercise.spell(targets)


@pytest.mark.parametrize("exercise", [arithmetic.EXERCISE, arithmetic.PAPER])
def test_sums_are_right_once_the_letters_between_are_left_out(exercise):
    made = exercise.examples(3, 300)
    for column in range(made.number):
        question, _, _ = read(exercise, made, column).partition("=")
        left, sign, right = re.fullmatch(
            r"(\d+)([+-])(\d+)", re.sub(r"[a-z]", "", question)
        ).groups()
        wanted = int(left) - int(right) if sign == "-" else int(left) + int(right)
        assert asked(exercise, made, column) == f"{wanted}."


def test_an_answer_is_fed_back_letter_by_letter():
    made = arithmetic.EXERCISE.examples(0, 50)
    for column in range(50):
        whole = read(arithmetic.EXERCISE, made, column)
        answer = asked(arithmetic.EXERCISE, made, column)
        assert (whole.partition("=")[2] + ".").startswith(answer)


def test_numbers_of_the_paper_have_up_to_eight_digits():
    made = arithmetic.PAPER.examples(0, 200)
    found = [re.sub("[a-z]", "", read(arithmetic.PAPER, made, c)) for c in range(200)]
    longest = max(len(n) for line in found for n in re.findall(r"\d+", line.partition("=")[0]))
    assert longest == 8


def test_every_tag_of_a_document_is_closed_by_its_own_name():
    written = xml.text(np.random.default_rng(0), 5000, 2, 10, 4)
    opened, deepest = [], 0
    for slash, name in re.findall(r"<(/?)([a-z]+)>", written):
        if slash:
            assert opened.pop() == name
        else:
            assert 2 <= len(name) <= 10
            opened.append(name)
        deepest = max(deepest, len(opened))
    assert not opened
    assert deepest == 4
    assert re.sub(r"</?[a-z]+>", "", written) == ""


def test_what_is_counted_in_xml_follows_from_what_was_read():
    made = xml.EXERCISE.examples(1, 200)
    assert 0.1 < made.counted.mean() < 0.6
    for column in range(made.number):
        letters = read(xml.EXERCISE, made, column)
        for step in np.flatnonzero(made.counted[:, column]):
            before, opened = letters[: step + 1], []
            for slash, name, end in re.findall(r"<(/?)([a-z]*)(>?)", before):
                if not slash and end:
                    opened.append(name)
                elif slash and end and opened:
                    opened.pop()
            said = before.rpartition("</")[2]
            wanted = (opened[-1] + ">")[len(said)]
            assert xml.LETTERS[made.targets[step, column]] == wanted


def test_memorization_asks_for_the_five_letters_it_gave():
    made = memorization.EXERCISE.examples(0, 100)
    for column in range(100):
        word = read(memorization.EXERCISE, made, column)[:5]
        assert asked(memorization.EXERCISE, made, column) == word
    assert made.inputs.shape == (10, 100)


def test_copying_asks_after_the_lag():
    made = copying.EXERCISE.examples(0, 50)
    for column in range(50):
        whole = read(copying.EXERCISE, made, column)
        assert whole[5:25] == "_" * 20
        assert whole[25] == "?"
        assert asked(copying.EXERCISE, made, column) == whole[:5]
    assert not made.counted[:25].any()


def test_the_sum_of_the_marked_numbers_is_asked_for_at_the_end():
    made = adding.EXERCISE.examples(0, 100)
    numbers, marks = made.inputs[..., 0], made.inputs[..., 1]
    assert (marks[:10].sum(0) == 1).all()
    assert (marks[10:].sum(0) == 1).all()
    for column in range(100):
        first, second = np.flatnonzero(marks[:, column])
        assert made.targets[-1, column] == numbers[first, column] + numbers[second, column]
    assert made.counted.sum() == 100


def test_parity_counts_the_ones():
    made = parity.EXERCISE.examples(0, 50)
    for column in range(50):
        bits = read(parity.EXERCISE, made, column)
        wanted = "".join(str(bits[: i + 1].count("1") % 2) for i in range(len(bits)))
        assert asked(parity.EXERCISE, made, column) == wanted


def test_a_closing_bracket_is_that_of_the_innermost_open_one():
    made = brackets.EXERCISE.examples(0, 100)
    twin = dict(zip(brackets.OPENING, brackets.CLOSING, strict=True))
    for column in range(100):
        opened = []
        for step, sign in enumerate(read(brackets.EXERCISE, made, column)):
            if sign in twin:
                opened.append(twin[sign])
            else:
                assert opened.pop() == sign
            target = made.targets[step, column]
            if target != UNCOUNTED:
                assert brackets.LETTERS[target] == opened[-1]


def test_text_asks_for_the_next_letter_and_holds_a_part_out(tmp_path):
    path = tmp_path / "counted.txt"
    path.write_text("".join(f"{n:06d}\n" for n in range(2000)))
    exercise = text.of(str(path))
    known, held = exercise.examples(0, 300), exercise.examples(0, 300, held_out=True)
    assert read(exercise, known, 0)[1:] == asked(exercise, known, 0)[:-1]
    whole = "".join(f"{n:06d}\n" for n in range(2000))
    last = max(whole.index(read(exercise, known, c)) for c in range(300))
    first = min(whole.index(read(exercise, held, c)) for c in range(300))
    assert last < first


def test_a_text_that_is_too_short_is_refused(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("only a few letters of text\n")
    with pytest.raises(DataError, match="too short for an exercise"):
        text.of(str(path)).examples(0, 3)


@pytest.mark.parametrize("name", exercises.names())
def test_examples_follow_from_their_seed(name):
    exercise = exercises.get(name)
    one, again, other = (exercise.examples(seed, 64) for seed in (5, 5, 6))
    assert np.array_equal(one.inputs, again.inputs)
    assert np.array_equal(one.targets, again.targets)
    assert one.inputs.shape != other.inputs.shape or not np.array_equal(one.inputs, other.inputs)
    held = exercise.examples(5, 64, held_out=True)
    assert one.inputs.shape != held.inputs.shape or not np.array_equal(one.inputs, held.inputs)
    assert one.counted.any()
    assert (one.targets[one.counted] != UNCOUNTED).all()


def test_an_unknown_exercise_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no exercise 'sums': take one of adding, arithmetic"):
        exercises.get("sums")
