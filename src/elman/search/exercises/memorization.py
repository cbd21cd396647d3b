"""Memorization: five letters are read, then asked for in the same order.

The test that a cell has to pass before anything else in the search of R. Jozefowicz, W. Zaremba
and I. Sutskever, ICML 2015: five symbols out of 26, answered with teacher forcing.
"""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np

from elman.search.exercises.exercise import UNCOUNTED, Examples, Exercise, Random

LENGTH = 5
LETTERS = ascii_lowercase + "."  # the dot asks for the answer


def make(random: Random, number: int) -> Examples:
    """Five letters, the dot, and the answer but for its last letter."""
    word = random.integers(26, size=(LENGTH, number))
    dot = np.full((1, number), 26)
    inputs = np.concatenate([word, dot, word[:-1]])
    targets = np.full(inputs.shape, UNCOUNTED, np.int64)
    targets[LENGTH:] = word
    return Examples(inputs, targets, targets != UNCOUNTED)


EXERCISE = Exercise("memorization", make, LETTERS)
