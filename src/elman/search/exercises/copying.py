"""Copying with a lag: five letters are read, then nothing for a while, then they are asked for.

S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997, in the form
of M. Arjovsky, A. Shah and Y. Bengio, ICML 2016: eight letters; nothing but the answer is counted.
"""

from __future__ import annotations

import numpy as np

from elman.search.exercises.exercise import UNCOUNTED, Examples, Exercise, Random

LENGTH, LAG = 5, 20
LETTERS = "abcdefgh_?"  # the line is nothing, the mark asks for the answer


def make(random: Random, number: int, lag: int = LAG) -> Examples:
    """`lag` steps lie between the last letter and the mark."""
    word = random.integers(8, size=(LENGTH, number))
    nothing, mark = LETTERS.index("_"), LETTERS.index("?")
    inputs = np.full((LENGTH + lag + LENGTH, number), nothing, np.int64)
    inputs[:LENGTH] = word
    inputs[LENGTH + lag] = mark
    targets = np.full(inputs.shape, UNCOUNTED, np.int64)
    targets[-LENGTH:] = word
    return Examples(inputs, targets, targets != UNCOUNTED)


EXERCISE = Exercise("copying", make, LETTERS)
