"""Parity: zeros and ones are read; asked for at every step is whether the ones so far are odd."""

from __future__ import annotations

import numpy as np

from elman.search.exercises.exercise import Examples, Exercise, Random

LETTERS = "01"
STEPS = 24


def make(random: Random, number: int, steps: int = STEPS) -> Examples:
    """1 is the answer where the number of ones so far, this one included, is odd."""
    bits = random.integers(2, size=(steps, number))
    return Examples(bits, np.cumsum(bits, axis=0) % 2, np.ones(bits.shape, np.bool_))


EXERCISE = Exercise("parity", make, LETTERS)
