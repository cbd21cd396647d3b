"""Characters <-> tokens. In: the training text. Out: small integers and, printed, one JSON object.

Token k is the k-th character of the training text's alphabet in code point order, as in char-rnn
and nanoGPT (65 for tinyshakespeare), so losses compare. Held-out text teaches nothing: a character
that only it contains becomes the one token `unknown`, appended last and only when needed. No
training target is ever `unknown`, so each one costs the model what an unforeseen character should.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError

FORMAT = 1
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CHUNK = 1 << 20  # characters converted at a time: 4 bytes each are needed on the way

Tokens = NDArray[np.uint8 | np.uint16 | np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """An alphabet: `characters` sorted by code point, then `unknown` if `with_unknown`."""

    characters: str
    with_unknown: bool = False

    def __post_init__(self) -> None:
        if not self.characters:
            raise DataError("an alphabet needs at least one character: give a text that has some")
        if list(self.characters) != sorted(set(self.characters)):
            raise DataError(
                "the characters of an alphabet must be sorted, each once: "
                "build it with Vocabulary.of(text)"
            )

    @classmethod
    def of(cls, training: str, held_out: str = "") -> Vocabulary:
        """The alphabet of `training`, with `unknown` if `held_out` goes beyond it."""
        seen = set(training)
        return cls("".join(sorted(seen)), with_unknown=not set(held_out) <= seen)

    def __len__(self) -> int:
        """How many tokens there are, `unknown` included: the model's output size."""
        return len(self.characters) + self.with_unknown

    @property
    def unknown(self) -> int | None:
        """The token that stands for characters outside the alphabet; a sampler never emits it."""
        return len(self.characters) if self.with_unknown else None

    @property
    def dtype(self) -> type[np.uint8 | np.uint16 | np.int32]:
        """The smallest of uint8, uint16 and int32 that holds every token."""
        return np.uint8 if len(self) <= 1 << 8 else np.uint16 if len(self) <= 1 << 16 else np.int32

    def strangers(self, text: str) -> Counter[str]:
        """How often each character outside the alphabet occurs in `text`."""
        if not (outside := set(text) - set(self.characters)):
            return Counter()
        return Counter({c: n for c, n in Counter(text).items() if c in outside})

    def encode(self, text: str) -> Tokens:
        """Tokens [T] of `text`; DataError names the characters that are outside the alphabet."""
        if strangers := sorted(set(text) - set(self.characters)):
            raise DataError(_strangers(strangers, self.characters))
        return self._look_up(text)

    def encode_held_out(self, text: str) -> Tokens:
        """Tokens [T] of `text`; what is outside the alphabet becomes `unknown` if there is one."""
        return self._look_up(text) if self.with_unknown else self.encode(text)

    def decode(self, tokens: NDArray[Any]) -> str:
        """The text of tokens [T]; `unknown` is shown as the replacement character."""
        tokens = np.asarray(tokens).reshape(-1)
        if tokens.size and not 0 <= int(tokens.min()) <= int(tokens.max()) < len(self):
            raise DataError(
                f"tokens go from {int(tokens.min())} to {int(tokens.max())}, "
                f"this alphabet from 0 to {len(self) - 1}: use the vocabulary of the same run"
            )
        return self._codes[tokens.astype(np.int64)].tobytes().decode("utf-32-le", "surrogatepass")

    def to_json(self) -> dict[str, Any]:
        """What `vocabulary.json` holds."""
        return {
            "format": FORMAT,
            "kind": "characters",
            "characters": self.characters,
            "unknown": self.with_unknown,
        }

    @classmethod
    def from_json(cls, value: str | Mapping[str, Any]) -> Vocabulary:
        """Read `to_json` again, as an object or as its text; DataError if it is something else."""
        try:
            found: Any = json.loads(value) if isinstance(value, str) else value
            characters, unknown = found["characters"], found["unknown"]
            known = found["format"] == FORMAT and found["kind"] == "characters"
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"this is not a vocabulary of Elman ({error!r}): put the run's vocabulary.json back"
            ) from error
        if not known or not isinstance(characters, str) or not isinstance(unknown, bool):
            raise DataError(
                f"this vocabulary is not of format {FORMAT} and kind 'characters': "
                "a newer Elman may have written it"
            )
        return cls(characters, unknown)

    def _look_up(self, text: str) -> Tokens:
        tokens = np.empty(len(text), self.dtype)
        for start in range(0, len(text), _CHUNK):
            codes = _codes(text[start : start + _CHUNK])
            tokens[start : start + len(codes)] = self._table[np.minimum(codes, self._beyond)]
        return tokens

    @cached_property
    def _beyond(self) -> int:
        """One past the highest code point of the alphabet: the table's last entry, `unknown`."""
        return ord(self.characters[-1]) + 1

    @cached_property
    def _table(self) -> Tokens:
        table = np.full(self._beyond + 1, self.unknown or 0, self.dtype)
        table[_codes(self.characters)] = np.arange(len(self.characters))
        return table

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return _codes(self.characters + REPLACEMENT * self.with_unknown)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _strangers(strangers: list[str], alphabet: str) -> str:
    shown = ", ".join(repr(character) for character in strangers[:8])
    more = f" and {len(strangers) - 8} more" if len(strangers) > 8 else ""
    swapped = [c for c in strangers if c.swapcase() in alphabet]
    hint = f" ({swapped[0].swapcase()!r} is known)" if swapped else ""
    verb = "is" if len(strangers) == 1 else "are"
    them, contains = ("it", "contains it") if len(strangers) == 1 else ("them", "contains them")
    return (
        f"{shown}{more} {verb} not in this model's alphabet of {len(alphabet)} characters{hint}: "
        f"leave {them} out, or train on a text that {contains}"
    )
