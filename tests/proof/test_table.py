"""The table at the end: counts of all reports, added up, joined and printed."""

from __future__ import annotations

from types import SimpleNamespace

from proof.table import KEY, MARKS, PAGE, ROWS, gathered, lines, update


def report(**counts):
    return SimpleNamespace(user_properties=[(KEY, counts), ("other", 1)])


def test_numbers_are_added_up_and_words_are_joined():
    found = gathered(
        [report(trials=3, cells=["a", "b"]), report(trials=1234, cells=["b"]), object()]
    )
    assert found == {"trials": 1237, "cells": 2}
    assert lines(found, 90) == [
        f"1,237  {ROWS['trials']}",
        f"    2  {ROWS['cells']}",
        "  1.5  minutes",
    ]


def test_a_test_leaves_its_counts_in_its_report(tally, request):
    tally(trials=2, cells={"b", "a"})
    assert request.node.user_properties.pop() == (KEY, {"trials": 2, "cells": ["a", "b"]})


def test_the_table_is_put_between_the_marks_of_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n{}\nold\n{}\nafter\n".format(*MARKS), encoding="utf-8")
    update(page, ["1  cell"])
    begin, end = MARKS
    assert page.read_text() == f"before\n{begin}\n```text\n1  cell\n```\n{end}\nafter\n"
    assert all(mark in PAGE.read_text(encoding="utf-8") for mark in MARKS)
