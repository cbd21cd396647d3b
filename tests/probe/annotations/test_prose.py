"""Annotations of any text, against what a person would mark."""

from __future__ import annotations

import numpy as np

from elman.probe.annotations.prose import prose


def shown(text: str, name: str) -> str:
    values = next(one for one in prose(text) if one.name == name).values
    return "".join("." if not v else "^" if values.dtype == bool else f"{int(v):x}" for v in values)


def test_quotes_open_with_their_mark_and_are_over_with_the_other():
    assert shown('say "no" or “yes” now', "inside quotes") == "....^^^.....^^^^....."
    assert shown('a "b\n\nc', "inside quotes") == "..^^^.."


def test_lines_are_measured():
    assert shown("ab\n  c\n\td", "position in line") == "12.123.12"
    assert shown("ab\n  c d\n\te", "indentation") == "...12222.88"
    assert shown("a\nb", "after a newline") == ".^."


def test_brackets_are_counted_and_never_owed():
    assert shown("f(a[1], {})) (", "bracket depth") == ".112211121...1"
    assert shown("a)b(c", "inside brackets") == "...^^"


def test_words_capitals_addresses_and_formulas():
    text = "See https://a.org/x? Or $a_1 + \\$2$ B"
    assert shown(text, "capitals")[0] == "^"
    assert shown(text, "inside a URL") == "....^^^^^^^^^^^^^^^^" + "." * (len(text) - 20)
    inside = shown(text, "inside $...$")
    assert inside.index("^") == text.index("$") and inside.rindex("^") == text.rindex("$") - 1
    assert shown("ab 1_", "inside a word") == "^^.^^"


def test_lines_are_measured_as_a_loop_does(text):
    place, wanted = 0, []
    for letter in "x" + text[:500]:
        place = 0 if letter == "\n" else place + 1
        wanted.append(place)
    found = next(one for one in prose("x" + text[:500]) if one.name == "position in line")
    assert np.array_equal(found.values, wanted)
