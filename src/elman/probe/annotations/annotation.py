"""Annotation: a name, and a value for each character of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError

LEAST = 20  # characters on either side without which there is nothing to rank


@dataclass(frozen=True)
class Annotation:
    """What holds after each character: `values` (T,) is bool for a `category`, float32 for an
    `amount`. `about` says in a few words what that is.
    """

    name: str
    about: str
    kind: str
    values: NDArray[Any]

    def varies(self) -> bool:
        """Whether there is enough of it, and enough else, to tell the two apart."""
        if self.kind == "category":
            return LEAST <= int(self.values.sum()) <= len(self.values) - LEAST
        return bool(self.values.std() > 0)

    @property
    def share(self) -> float:
        """Of a category, the share of characters in it; of an amount, of those above 0."""
        return float((self.values > 0).mean()) if len(self.values) else 0.0


def category(name: str, about: str, values: Sequence[bool] | NDArray[Any]) -> Annotation:
    """An annotation that holds or does not."""
    return Annotation(name, about, "category", np.asarray(values, bool))


def amount(name: str, about: str, values: Sequence[float] | NDArray[Any]) -> Annotation:
    """An annotation that counts."""
    return Annotation(name, about, "amount", np.asarray(values, np.float32))


def marked(length: int, spans: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
    """True within the half-open stretches."""
    values = np.zeros(length, bool)
    for start, stop in spans:
        values[max(0, start) : max(0, stop)] = True
    return values


def from_spans(length: int, name: str, spans: Sequence[tuple[int, int]]) -> Annotation:
    """Selected stretches of a text of so many characters, each [start, stop)."""
    for start, stop in spans:
        if not 0 <= start < stop <= length:
            raise ConfigError(
                f"{start}:{stop} is no stretch of a text of {length:,} characters: "
                "give start and end, counted from 0"
            )
    return category(name, "selected", marked(length, spans))


def from_pattern(text: str, name: str, pattern: str) -> Annotation:
    """Where a regular expression matches; `^` and `$` are line ends. Of a pattern with groups,
    the first group counts. ConfigError points at what is wrong with it.
    """
    try:
        found = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ConfigError(
            f"{pattern!r} is no regular expression ({error.msg}{where}): correct it there"
        ) from error
    group = 1 if found.groups else 0
    spans = (match.span(group) for match in found.finditer(text))
    return category(name, f"matches {pattern}", marked(len(text), spans))
