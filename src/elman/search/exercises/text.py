"""Text: the next character of a text that people wrote.

The text is the source of Python's standard library, which is always there; a file or a built-in
text has its own name, `text:shakespeare`. In the place of the Penn Treebank in the search of
R. Jozefowicz, W. Zaremba and I. Sutskever, ICML 2015, which went by words.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from elman import data
from elman.errors import DataError
from elman.search.exercises.exercise import Examples, Exercise, Random, following

LETTERS = "".join(map(chr, range(32, 127))) + "\n\t\0"
STRANGE = len(LETTERS) - 1  # the place of every other character
STEPS = 32
MOST = 2_000_000  # characters

Part = Literal["training", "validation"]


def of(source: str = "python") -> Exercise:
    """The exercise of a text, by what `elman train text` would call it."""
    name = "text" if source == "python" else f"text:{source}"
    make, held_out = (partial(_cut, source, part) for part in ("training", "validation"))
    return Exercise(name, make, LETTERS, make_held_out=held_out)


def _cut(source: str, part: Part, random: Random, number: int) -> Examples:
    return following(_tokens(source)[part], random, number, STEPS)


@lru_cache(maxsize=2)
def _tokens(source: str) -> dict[Part, NDArray[np.int64]]:
    text = data.read(source)
    short = min(len(text.training), len(text.validation)) <= STEPS + 1
    if short:
        raise DataError(f"{source} is too short for an exercise: give a text of 1,000 characters")
    return {"training": _encoded(text.training[:MOST]), "validation": _encoded(text.validation)}


def _encoded(text: str) -> NDArray[np.int64]:
    places = np.full(128, STRANGE, np.int64)
    places[[ord(letter) for letter in LETTERS]] = np.arange(len(LETTERS))
    codes = np.frombuffer(text.encode("ascii", "replace").replace(b"\x7f", b"\0"), np.uint8)
    return places[codes]


EXERCISE = of()
