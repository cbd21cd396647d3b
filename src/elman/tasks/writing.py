"""How well a model writes, as figures: its sample against the text it learned from.

In: the training text, then samples. Out: numbers by name, all cheap enough to log while training.
Which figures apply follows from the kind of the text: prose, Python, TeX or C.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from elman.tasks.overlap import Overlap
from elman.tasks.syntax import balanced_c, balanced_tex, parsing_blocks

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_ENDINGS = {
    "python": (".py",),
    "tex": (".tex", ".sty", ".cls", ".bib"),
    "c": (".c", ".h", ".cc", ".cpp", ".hpp", ".cu"),
}
_SYNTAX: dict[str, tuple[tuple[str, Callable[[str], float]], ...]] = {
    "prose": (),
    "python": (("parsing_blocks", parsing_blocks),),
    "tex": tuple((f"balanced_{name}", count) for name, count in balanced_tex.items()),
    "c": (("balanced_braces", balanced_c),),
}


def kind_of(source: str, names: tuple[str, ...] = ()) -> str:
    """`python`, `tex`, `c` or `prose`, by the ending of a path or of one of the globs `names`."""
    for name in (*names, source):
        for kind, endings in _ENDINGS.items():
            if name.lower().endswith(endings):
                return kind
    return "python" if source.startswith("the standard library") else "prose"


class Writing:
    """A judge of samples; making one indexes the training text (0.1 s for a megabyte)."""

    def __init__(self, training: str, kind: str = "prose") -> None:
        self.training, self.kind = training, kind

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(WORD.findall(self.training))

    @cached_property
    def _overlap(self) -> Overlap:
        return Overlap(self.training)

    def figures(self, sample: str) -> dict[str, float]:
        """The figures of a sample by name: shares from 0 to 1, lengths in characters.

        `known_words` is the share of words that occur in the training text; `longest_copy` the
        length of the longest stretch that stands there letter for letter. A share of nothing (no
        word, no block) is left out.
        """
        found = {"longest_copy": float(self._overlap.longest(sample))}
        words = _whole_words(sample)
        if words:
            found["known_words"] = sum(word in self._words for word in words) / len(words)
        for name, share in _SYNTAX[self.kind]:
            if (value := share(sample)) == value:
                found[name] = value
        return dict(sorted(found.items()))


def _whole_words(sample: str) -> list[str]:
    """The words of a sample, but for a last one that its end may have cut."""
    return [m[0] for m in WORD.finditer(sample) if m.end() < len(sample)]
