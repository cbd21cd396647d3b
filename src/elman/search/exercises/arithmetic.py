"""Arithmetic: sums and differences of numbers with letters strewn in that mean nothing.

`3e36d9-h1h39f94eeh43keg3c=` asks for `-13991064`; the answer and its end are counted. After
R. Jozefowicz, W. Zaremba and I. Sutskever, ICML 2015, where numbers have up to eight digits.
"""

from __future__ import annotations

from string import ascii_lowercase

from elman.search.exercises.exercise import Examples, Exercise, Random, answered

LETTERS = "0123456789+-=" + ascii_lowercase + "."


def make(random: Random, number: int, digits: int, share: float) -> Examples:
    """Numbers of 1 to `digits` digits; before each digit a letter with the chance `share`, again
    and again.
    """
    return answered([_example(random, digits, share) for _ in range(number)], LETTERS)


def _example(random: Random, digits: int, share: float) -> tuple[str, str]:
    left, right = (_number(random, digits) for _ in range(2))
    minus = bool(random.integers(2))
    strewn = f"{_strewn(random, left, share)}{'-' if minus else '+'}"
    question = f"{strewn}{_strewn(random, right, share)}="
    return question, str(left - right if minus else left + right)


def _number(random: Random, digits: int) -> int:
    length = int(random.integers(1, digits + 1))
    return int(random.integers(10 ** (length - 1) if length > 1 else 0, 10**length))


def _strewn(random: Random, number: int, share: float) -> str:
    found = ""
    for digit in str(number):
        while random.random() < share:
            found += ascii_lowercase[random.integers(26)]
        found += digit
    return found


EXERCISE = Exercise("arithmetic", lambda random, n: make(random, n, 1, 0.3), LETTERS)
"""Numbers of one digit: what small nets begin to learn within seconds."""
PAPER = Exercise("arithmetic8", lambda random, n: make(random, n, 8, 0.5), LETTERS)
"""Up to eight digits, as in the paper."""
