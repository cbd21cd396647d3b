"""Words of captions as numbers, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from elman.errors import DataError

FORMAT = 1
PAD, BEGIN, END, UNKNOWN = range(4)
_MARKS = 4


class Words:
    """A vocabulary; numbers below 4 are padding, beginning, end, and any other word."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)
        self._numbers = {word: k for k, word in enumerate(self.known, _MARKS)}

    @classmethod
    def of(cls, captions: Iterable[Sequence[str]], least: int = 1) -> Words:
        """The words that occur `least` times, the most frequent first."""
        counts = Counter(word for caption in captions for word in caption)
        known = [word for word, count in counts.items() if count >= least]
        return cls(sorted(known, key=lambda word: (-counts[word], word)))

    def __len__(self) -> int:
        return len(self.known) + _MARKS

    def encode(self, caption: Sequence[str]) -> list[int]:
        """The numbers of words."""
        return [self._numbers.get(word, UNKNOWN) for word in caption]

    def decode(self, numbers: Sequence[int]) -> list[str]:
        """The words of numbers."""
        return [self.known[k - _MARKS] if k >= _MARKS else "?" for k in numbers]

    def to_json(self) -> dict[str, Any]:
        """What `vocabulary.json` holds."""
        return {"format": FORMAT, "kind": "words", "words": list(self.known)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Words:
        """Read it again; DataError if it is not one."""
        known = found.get("words")
        if found.get("format") != FORMAT or found.get("kind") != "words" or not known:
            raise DataError(f"this vocabulary is not of format {FORMAT} and kind 'words'")
        return cls([str(word) for word in known])


def written(words: Sequence[str]) -> str:
    """Words as a sentence: signs stand close, and it begins with a capital."""
    text = " ".join(words)
    for sign in ",.;:!?":
        text = text.replace(f" {sign}", sign)
    return text[:1].upper() + text[1:]
