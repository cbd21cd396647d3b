"""Words and formulas in a picture: names in italics with what follows `_` below the line, `alpha`
and its sisters as Greek letters.

Widths are estimates on the generous side, since the reader's fonts are not known.
"""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

from elman.equations.functions import FUNCTIONS
from elman.equations.latex import GREEK

FONT = "STIX Two Text, Cambria, Liberation Serif, Times New Roman, serif"
SMALL, LARGE = 14, 17  # sizes of letters, in pixels

_PIECES = re.compile(r"(([A-Za-z]+)([0-9]*)(?:_([A-Za-z0-9_]*))?)|([^A-Za-z]+)")
_UPRIGHT = {*FUNCTIONS, "if", "then", "else"}
_BELOW = 0.72  # size of an index
_DROP = 0.28  # how far it stands below the line, in letter sizes
_NARROW, _WIDE = set("fijlrt.,:;'|()[] "), set("MWmw@")


class Run(NamedTuple):
    """Letters in one style."""

    letters: str
    italic: bool
    below: bool


def formula(text: str, when: str = "") -> list[Run]:
    """The runs of a formula; `when` is a last index, as in h with t-1 below."""
    runs: list[Run] = []
    text = text.replace("*", "\N{CIRCLED DOT OPERATOR}").replace("-", "\N{MINUS SIGN}")
    for name, letters, digits, below, other in _PIECES.findall(text):
        if name in _UPRIGHT:
            runs.append(Run(GREEK["sigma"] if name == "sigmoid" else name, False, False))
            continue
        index = ",".join(filter(None, [digits, below]))
        runs += [Run(GREEK.get(letters) or letters, True, False)] if letters else []
        runs += [Run(index, len(below) == 1, True)] if index else []
        runs += [Run(other, False, False)] if other else []
    if when:
        comma = "," if runs[-1].below else ""
        index = comma + when.replace("-", "\N{MINUS SIGN}")
        runs.append(Run(index, not when.isdigit(), True))
    return runs


def word(text: str) -> list[Run]:
    """A word that is not a formula, such as the name of a function."""
    return [Run(text, False, False)]


def width_of(runs: list[Run], size: float) -> float:
    """About how wide the runs are, in pixels."""
    return sum(
        _letter(letter) * size * (_BELOW if run.below else 1)
        for run in runs
        for letter in run.letters
    )


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.92
    return 0.7 if letter.isupper() or not letter.isascii() else 0.54


def text_element(
    runs: list[Run],
    x: float,
    y: float,
    size: float = SMALL,
    *,
    anchor: str = "middle",
    name: str = "",
) -> str:
    """An SVG text whose base line is at `y`; `name` tells a page what it is the name of."""
    spans, lowered = "", False
    for run in runs:
        shift = (run.below - lowered) * _DROP * size
        lowered = run.below
        style = ' font-style="italic"' * run.italic
        small = f' font-size="{size * _BELOW:g}"' * run.below
        moved = f' dy="{shift:g}"' if shift else ""
        spans += f"<tspan{moved}{small}{style}>{escape(run.letters)}</tspan>"
    named = f' data-name="{escape(name)}"' if name else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f'<text {place}{named} xml:space="preserve">{spans}</text>'
