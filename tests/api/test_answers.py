"""Answers as a file: the ending decides, and a file is whole or untouched."""

from __future__ import annotations

import json

import pytest

from elman.api.answers import write_answers

SAID = [{"input": "a.png", "text": 'a "cat"'}, {"input": "b.png", "text": "two\nlines"}]


def test_the_ending_decides_how_answers_are_written(tmp_path):
    for name in ("a.csv", "a.jsonl", "a.txt"):
        write_answers(tmp_path / name, SAID)

    assert (tmp_path / "a.csv").read_text().splitlines()[:2] == ["input,text", 'a.png,"a ""cat"""']
    assert list(map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())) == SAID
    assert (tmp_path / "a.txt").read_text() == 'a "cat"\ntwo lines\n'


def test_labels_become_a_line_each(tmp_path):
    said = [{"input": "x", "text": "a b", "labels": ["a", "b"], "probabilities": [0.5, 1.0]}]
    write_answers(tmp_path / "a.csv", said)
    assert (tmp_path / "a.csv").read_text() == (
        "input,step,label,probability\nx,1,a,0.5\nx,2,b,1.0\n"
    )


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(OSError):
        write_answers(tmp_path / "no" / "a.csv", SAID)
    assert not list(tmp_path.iterdir())
