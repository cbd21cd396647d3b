"""Exercise: examples whose right answers are known exactly, made from a seed.

An example is one column: what is read at each step, what should come out there, and whether that
step is counted. Letters are numbers from 0; an exercise in real numbers says so with `width`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNCOUNTED = -1  # the target of a step that is not counted
Random = np.random.Generator


@dataclass(frozen=True)
class Examples:
    """`inputs` (T, n) letters or (T, n, width) numbers; `targets` (T, n), letters or numbers;
    `counted` (T, n) says where an answer is asked for.
    """

    inputs: NDArray[np.int64] | NDArray[np.float32]
    targets: NDArray[np.int64] | NDArray[np.float32]
    counted: NDArray[np.bool_]

    @property
    def number(self) -> int:
        """How many examples."""
        return int(self.targets.shape[1])


@dataclass(frozen=True)
class Exercise:
    """`make(random, n)` gives n examples. `letters` is the alphabet, read and answered; an exercise
    in numbers has none, reads `width` numbers a step and answers one, which is right if it is off
    by less than `tolerance`. A text holds a part of itself out.
    """

    name: str
    make: Callable[[Random, int], Examples]
    letters: str = ""
    width: int = 0
    tolerance: float = 0.0
    make_held_out: Callable[[Random, int], Examples] | None = None

    def examples(self, seed: int, number: int, *, held_out: bool = False) -> Examples:
        """The same examples for the same seed and number, everywhere.

        Those `held_out` come from another stream of chance and, of a text, from another part.
        """
        random = np.random.default_rng([seed, int(held_out), *self.name.encode()])
        make = self.make_held_out if held_out and self.make_held_out else self.make
        return make(random, number)

    def spell(self, column: Sequence[int] | NDArray[np.int64]) -> str:
        """Letters as text; what is not counted as a dot below the line."""
        return "".join(self.letters[i] if i >= 0 else "_" for i in map(int, column))


def answered(texts: Sequence[tuple[str, str]], letters: str) -> Examples:
    """Examples in which each `question` is read, then its `answer` is given letter by letter, the
    letter before it being read: teacher forcing. The last letter of the alphabet ends an answer
    and fills what is short.
    """
    place = {letter: number for number, letter in enumerate(letters)}
    end = letters[-1]
    steps = max(len(question) + len(answer) for question, answer in texts)
    inputs = np.full((steps, len(texts)), place[end], np.int64)
    targets = np.full((steps, len(texts)), UNCOUNTED, np.int64)
    for column, (question, answer) in enumerate(texts):
        read, wanted = question + answer, answer + end
        inputs[: len(read), column] = [place[letter] for letter in read]
        first = len(question) - 1
        targets[first : first + len(wanted), column] = [place[letter] for letter in wanted]
    return Examples(inputs, targets, targets != UNCOUNTED)


def following(tokens: NDArray[np.int64], random: Random, number: int, steps: int) -> Examples:
    """Examples cut out of a long text: at every step the next letter is asked for."""
    starts = random.integers(0, len(tokens) - steps, number)
    where = np.arange(steps)[:, None] + starts
    return Examples(tokens[where], tokens[where + 1], np.ones(where.shape, np.bool_))
