"""Annotations of one's own: patterns and selected stretches."""

from __future__ import annotations

import pytest

from elman.errors import ConfigError
from elman.probe.annotations import annotate, from_pattern, from_spans


def marks(one) -> str:
    return "".join("^" if value else "." for value in one.values)


def test_a_pattern_marks_what_it_matches_and_a_group_what_it_holds():
    assert marks(from_pattern("a12b3", "digits", r"\d+")) == ".^^.^"
    assert marks(from_pattern("x=12;", "value", r"=(\d+)")) == "..^^."
    assert marks(from_pattern("ab\nab", "line", r"^a")) == "^..^."


def test_stretches_are_marked():
    assert marks(from_spans(6, "mine", [(1, 3), (5, 6)])) == ".^^..^"
    with pytest.raises(ConfigError, match=r"^4:9 is no stretch of a text of 6 characters"):
        from_spans(6, "mine", [(4, 9)])


def test_a_wrong_pattern_is_pointed_at():
    with pytest.raises(ConfigError) as error:
        from_pattern("text", "mine", "a(b")
    assert str(error.value) == (
        "'a(b' is no regular expression (missing ), unterminated subpattern at character 2): "
        "correct it there"
    )


def test_own_annotations_come_last_and_stay_however_rare(text):
    found = annotate(text, patterns={"mine": "zzz"}, spans={"yours": [(0, 1)]})
    assert [one.name for one in found[-2:]] == ["mine", "yours"]
    assert not found[-2].varies() and found[-2].share == 0
