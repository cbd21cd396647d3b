"""The one table at the end of `make prove`: what was run, and what was found.

Tests leave counts in their reports (`tally`), which reach the process that prints wherever they
ran. Numbers are added up; sets of words, as lists, are joined and counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from proof.pairs import PAIRS

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
MARKS = "<!-- table -->", "<!-- end of table -->"
KEY = "proof"

Counts = dict[str, int | list[str]]
Tally = Callable[..., None]

# Words for what tests count, in the order of the table; `{}` is the number.
ROWS: Mapping[str, str] = {
    "trials": "random cells run, forward and backward",
    "cells": "distinct cells among them, by canonical hash",
    "pairs": f"pairs of operations among them, of {len(PAIRS)} in the table",
    "singles": "of them in single precision too, against eager torch",
    "undefined": "left out: no witness can tell what they give",
    "mismatches": "mismatches",
    "mutants": "mutants: bugs put into the compiler",
    "caught": "mutants caught",
    "threads": "runs on 2, 3, 4 and 8 threads with the bits of one",
    "alone": "rows alone with the bits of the batch",
    "related": "cases of metamorphic relations",
    "decided": "numbers from hostile ones, of the right class",
    "guarded": "trials between guarded pages",
    "tensors": "tensors of theirs that ended or began at such a page",
    "grid": "calls of the zoo's grid, in either precision",
    "beyond": "of them held to extended precision: rounding errors grow beyond double precision",
}


def tallied(item: pytest.Item) -> Tally:
    """A function that adds counts to a test's report."""

    def tally(**counts: int | Iterable[str]) -> None:
        assert counts.keys() <= ROWS.keys()
        plain = {n: v if isinstance(v, int) else sorted(v) for n, v in counts.items()}
        item.user_properties.append((KEY, plain))

    return tally


def gathered(reports: Iterable[Any]) -> dict[str, int]:
    """The counts of all reports, added up and joined."""
    numbers: dict[str, int] = {}
    words: dict[str, set[str]] = {}
    for report in reports:
        for key, counts in getattr(report, "user_properties", ()):
            for name, value in counts.items() if key == KEY else ():
                if isinstance(value, int):
                    numbers[name] = numbers.get(name, 0) + value
                else:
                    words.setdefault(name, set()).update(value)
    return numbers | {name: len(found) for name, found in words.items()}


def lines(counts: Mapping[str, int], seconds: float) -> list[str]:
    """The table, a line for everything that was counted."""
    shown = [(f"{counts[name]:,}", text) for name, text in ROWS.items() if name in counts]
    shown.append((f"{seconds / 60:.1f}", "minutes"))
    width = max(len(number) for number, _ in shown)
    return [f"{number:>{width}}  {text}" for number, text in shown]


def update(page: Path, table: Iterable[str]) -> None:
    """Put the table between the marks of a page."""
    begin, end = MARKS
    text = "\n".join([begin, "```text", *table, "```", end])
    old = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{begin}.*{end}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: text, old), encoding="utf-8")
