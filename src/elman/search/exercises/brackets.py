"""Nested brackets of four kinds: which one closes next?

The next sign is counted where it closes a bracket: what lies open tells its kind (the language of
W. von Dyck). Whether one opens or closes is told by chance alone, so that an answer
among the four closing signs is what can be learned.
"""

from __future__ import annotations

import numpy as np

from elman.search.exercises.exercise import UNCOUNTED, Examples, Exercise, Random

OPENING, CLOSING = "([{<", ")]}>"
LETTERS = OPENING + CLOSING
DEPTH, PAIRS = 5, 12  # open at once, at most; pairs of an example


def make(random: Random, number: int, pairs: int = PAIRS) -> Examples:
    """Each example closes what it opens."""
    columns = [_balanced(random, pairs) for _ in range(number)]
    signs = np.array(columns, np.int64).T
    wanted = np.where(signs[1:] >= len(OPENING), signs[1:], UNCOUNTED)
    return Examples(signs[:-1], wanted, wanted != UNCOUNTED)


def _balanced(random: Random, pairs: int) -> list[int]:
    found, opened, left = list[int](), list[int](), pairs
    while left or opened:
        opens = left and (not opened or (len(opened) < DEPTH and random.random() < 0.5))
        if opens:
            opened.append(int(random.integers(len(OPENING))))
            found.append(opened[-1])
            left -= 1
        else:
            found.append(opened.pop() + len(OPENING))
    return found


EXERCISE = Exercise("brackets", make, LETTERS)
