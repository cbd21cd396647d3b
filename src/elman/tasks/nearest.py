"""The nearest training sentence: what a translation memory would answer, as a trivial baseline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

MOST = 1000  # sentences with a word, from which on it tells nothing about any of them


class Nearest:
    """Sentences, found again by the rare words that they share."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        self._words = [set(sentence.lower().split()) for sentence in sentences]
        for number, words in enumerate(self._words):
            for word in words:
                self._places[word].append(number)
        self._count = len(sentences)

    def to(self, sentence: str) -> int:
        """The number of the sentence that shares most with this one, weighted by rarity."""
        scores: dict[int, float] = defaultdict(float)
        for word in set(sentence.lower().split()):
            places = self._places.get(word, [])
            if 0 < len(places) <= max(MOST, self._count // 50):
                weight = math.log((self._count + 1) / len(places))
                for number in places:
                    scores[number] += weight / math.sqrt(len(self._words[number]))
        return min(scores, key=lambda k: (-scores[k], k)) if scores else 0
