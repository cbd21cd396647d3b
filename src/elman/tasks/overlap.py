"""The longest stretch of a sample that stands word for word in a text, found fast.

Stretches of `SEED` characters are compared by a hash, for all places of the text at once; only
where one matches are letters compared. A sample of 2,000 characters and a text of 5 million take
about a tenth of a second, after as much once for the text.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

SEED = 16
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_BITS = np.uint64(44)  # what is left of 64 indexes a table of 2^20 marks

Hashes = NDArray[np.uint64]


class Overlap:
    """A text, made ready for questions about samples."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._codes = _codes(text)
        self._long = _hashes(self._codes, SEED)

    def longest(self, sample: str) -> int:
        """The length of the longest common stretch, in characters; 0 if they share no letter."""
        codes = _codes(sample)
        places = _occurrences(self._long, _hashes(codes, SEED))
        if found := max(self._extend(sample, places), default=0):
            return found
        # of a stretch that is common every part is, so half of the lengths left are out each time
        return bisect_left(range(1, SEED), True, key=lambda length: not self._shares(codes, length))

    def _shares(self, codes: Hashes, length: int) -> bool:
        """Whether some stretch of so many characters stands in the text."""
        return len(_occurrences(_hashes(self._codes, length), _hashes(codes, length))) > 0

    def _extend(self, sample: str, places: NDArray[np.int64]) -> list[int]:
        """The full lengths of the stretches at these places of the text, at least SEED each."""
        starts: dict[str, list[int]] = {}
        for s in range(len(sample) - SEED + 1):
            starts.setdefault(sample[s : s + SEED], []).append(s)
        lengths = list[int]()
        for place in places.tolist():
            for s in starts.get(self.text[place : place + SEED], ()):
                # A stretch that begins one letter earlier contains this one.
                if not (s and place and sample[s - 1] == self.text[place - 1]):
                    lengths.append(self._common(sample, s, place))
        return lengths

    def _common(self, sample: str, s: int, place: int) -> int:
        most = min(len(sample) - s, len(self.text) - place)
        length = SEED
        while length < most and sample[s + length] == self.text[place + length]:
            length += 1
        return length


def _codes(text: str) -> Hashes:
    raw = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(raw, "<u4").astype(np.uint64) + np.uint64(1)


def _hashes(codes: Hashes, length: int) -> Hashes:
    """A hash of the `length` codes from each place on, modulo 2^64: of both halves' hashes."""
    if len(codes) < length:
        return codes[:0]
    if length == 1:
        return codes
    half = length // 2
    of_half = _hashes(codes, half)
    both = of_half[:-half] * np.uint64(pow(int(_FACTOR), half, 1 << 64)) + of_half[half:]
    return both if length == 2 * half else both[:-1] * _FACTOR + codes[2 * half :]


def _occurrences(hashes: Hashes, wanted: Hashes) -> NDArray[np.int64]:
    """The places where one of the wanted hashes stands; a table of marks sorts out most others."""
    if not len(wanted):
        return np.empty(0, np.int64)
    marks = np.zeros(1 << 20, np.bool_)
    marks[_mix(wanted)] = True
    places = np.flatnonzero(marks[_mix(hashes)])
    return places[np.isin(hashes[places], wanted)]


def _mix(hashes: Hashes) -> Hashes:
    return (hashes * _FACTOR) >> _BITS
