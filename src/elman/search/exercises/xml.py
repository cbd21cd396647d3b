"""XML: nested tags whose names are random words, read letter by letter.

`<ab><xyz></xyz></ab>`: the next letter is asked for. The letters of a name that is opened cannot be
known, those of one that is closed can. After R. Jozefowicz, W. Zaremba and
I. Sutskever, ICML 2015, where names have 2 to 10 letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.search.exercises.exercise import Examples, Exercise, Random, following

LETTERS = ascii_lowercase + "</>"
STEPS = 32


def text(random: Random, length: int, shortest: int, longest: int, depth: int) -> str:
    """At least `length` letters of documents one after the other, each with all its tags closed and
    at most `depth` of them open at once."""
    found, size = list[str](), 0
    while size < length:
        found.append("".join(_document(random, shortest, longest, depth)))
        size += len(found[-1])
    return "".join(found)


def _document(random: Random, shortest: int, longest: int, depth: int) -> Iterator[str]:
    opened = [_name(random, shortest, longest)]
    yield f"<{opened[0]}>"
    while opened:
        if len(opened) < depth and random.random() < 0.5:
            opened.append(_name(random, shortest, longest))
            yield f"<{opened[-1]}>"
        else:
            yield f"</{opened.pop()}>"


def _name(random: Random, shortest: int, longest: int) -> str:
    letters = random.integers(26, size=int(random.integers(shortest, longest + 1)))
    return "".join(ascii_lowercase[i] for i in letters)


def make(random: Random, number: int, shortest: int, longest: int, depth: int) -> Examples:
    """Windows of a text, which begin anywhere in it; every letter is counted."""
    letters = text(random, 16 * number + 2 * STEPS, shortest, longest, depth)
    tokens = np.array([LETTERS.index(letter) for letter in letters], np.int64)
    return following(tokens, random, number, STEPS)


def closing(random: Random, number: int, shortest: int, longest: int, depth: int) -> Examples:
    """The same, but only what can be known is counted: what comes after `</`, to the `>`. A tag
    that was opened before the window began is not counted.
    """
    made = make(random, number, shortest, longest, depth)
    columns = [_known(made.inputs[:, i], made.targets[:, i]) for i in range(number)]
    return Examples(made.inputs, made.targets, np.stack(columns, axis=1))


def _known(read: NDArray[Any], following: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the next letter belongs to the closing tag of one that was seen to open."""
    begin, slash, end = (LETTERS.index(sign) for sign in "</>")
    known, opened, inside = np.zeros(len(read), np.bool_), 0, False
    for step, letter in enumerate(read):
        if letter == slash:
            inside, opened = opened > 0, opened - 1
        elif letter == begin:
            opened += 1 if following[step] != slash else 0
        elif letter == end:
            inside, opened = False, max(opened, 0)
        known[step] = inside
    return known


EXERCISE = Exercise("xml", lambda random, n: closing(random, n, 2, 3, 2), LETTERS)
"""Names of 2 or 3 letters, two open at once: what small nets begin to learn within seconds."""
PAPER = Exercise("xml10", lambda random, n: make(random, n, 2, 10, 4), LETTERS)
"""Names of 2 to 10 letters, every letter counted, as in the paper."""
