"""What is true of a text at each of its characters, computed from the text itself.

In: a text. Out: a list of `Annotation`, each with a value per character: what a reader knows
*after* that character. An opening quotation mark is inside, a closing one no longer is.
`prose` has what any text has, `code` what the tokens of a programming language tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elman.probe.annotations.annotation import Annotation, from_pattern, from_spans
from elman.probe.annotations.code import LANGUAGES, code, guess_language
from elman.probe.annotations.prose import prose

__all__ = ["LANGUAGES", "Annotation", "annotate", "from_pattern", "from_spans", "guess_language"]

PROSE = "prose"


def annotate(
    text: str,
    language: str | None = None,
    patterns: Mapping[str, str] | None = None,
    spans: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> list[Annotation]:
    """Every ready-made annotation of a text, and those asked for.

    `language` is a word that pygments knows (`python`, `c`, `tex`, ...) or `prose`; it is guessed
    if there is none. `patterns` are regular expressions by name, `spans` selected stretches.
    ConfigError for a language or a pattern that is none.
    """
    language = language or guess_language(text)
    found = {one.name: one for one in prose(text)}
    if language != PROSE:
        # what tokens tell replaces what the bare text suggests: a bracket in a string is none
        found |= {one.name: one for one in code(text, language)}
        found.pop("inside quotes", None)
    own = [from_pattern(text, name, pattern) for name, pattern in (patterns or {}).items()]
    own += [from_spans(len(text), name, stretches) for name, stretches in (spans or {}).items()]
    return [one for one in found.values() if one.varies()] + own
