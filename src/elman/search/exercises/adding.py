"""The adding problem: numbers from 0 to 1, two of them marked, whose sum is asked for at the end.

S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997: an answer is
right if it is off by less than 0.04. One mark lies in either half.
"""

from __future__ import annotations

import numpy as np

from elman.search.exercises.exercise import Examples, Exercise, Random

STEPS = 20


def make(random: Random, number: int, steps: int = STEPS) -> Examples:
    """Read at each step: the number and its mark, 0 or 1."""
    numbers, half = random.random((steps, number), np.float32), steps // 2
    marks = np.zeros((steps, number), np.float32)
    columns = np.arange(number)
    marks[random.integers(half, size=number), columns] = 1
    marks[random.integers(half, steps, size=number), columns] = 1
    counted = np.zeros((steps, number), np.bool_)
    counted[-1] = True
    sums = np.where(counted, (numbers * marks).sum(axis=0), np.float32(0))
    return Examples(np.stack([numbers, marks], axis=-1), sums, counted)


EXERCISE = Exercise("adding", make, width=2, tolerance=0.04)
