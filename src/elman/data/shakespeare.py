"""Plays in Markdown -> one text laid out like char-rnn's Shakespeare. Pure and deterministic.

A speech is `NAME:`, its lines, an empty line. What is spoken stays, in its order; titles, acts,
scenes and stage directions go, and the two halves of a speech that a direction parted join again.
The alphabet is 52 letters, space, newline and `!',-.:;?`. Fetching and caching are in `builtin`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SPEAKER = re.compile(r"\*\*(?P<name>[^*]+)\*\*\s*")
_ESCAPE = re.compile(r"\\(.)")
# Three plays break long names in two: "BISHOP", then on the next speech "**OF WINCHESTER**".
_HALF_NAME = re.compile(r"\n(BISHOP|CARDINAL|COUNTESS|Ghosts?|LADY|RICHARD) *\n\s*\*\*")
# Headings and one direction that carry no mark in the source.
_UNMARKED = re.compile(
    r"(?:THE )?SONG\.|DUMB SHOW\.|EPILOGUE|LOVE'S LABOURS LOST|OF EPHESUS"
    r"|SPOKEN BY .*|SCENE I.*|Enter [A-Z]+\."
)
# A direction stands in brackets or in italics. The source leaves some of either unclosed.
_BRACKETED = re.compile(r"[_*]*\[[^\]_*]*\]?[_*]*")
_ITALIC = re.compile(r"_[^_]*(?:_|\Z)|\*[^*]*(?:\*|\Z)")
_SPELLINGS = (
    (re.compile(r"\s*—\s*"), "--"),
    (re.compile(r'"'), "'"),
    (re.compile(r"\$"), "l"),  # one misprint: "sha$l"
    (re.compile(r"(?:\s*&)+ ?c\b\.?", re.IGNORECASE), " etc."),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"\.(?: ?\.)+"), "."),
    (re.compile(r"\s+(?=[,;:?!.]|'s\b)"), ""),
    (re.compile(r"\s+"), " "),
)


def convert(plays: Iterable[str]) -> str:
    """The plays, each one Markdown text, as one text of speeches in the order given."""
    return "\n\n".join(speech for play in plays for speech in _speeches(play)) + "\n"


def _speeches(play: str) -> Iterator[str]:
    name, lines = "", list[str]()
    play = _HALF_NAME.sub(r"\n\n**\1 ", play.replace("\r\n", "\n"))
    for paragraph in re.split(r"\n\s*\n", play):
        text = paragraph.strip()
        speaker = _SPEAKER.match(text)
        if speaker or text.startswith("#"):
            yield from _speech(name, lines)
            name, lines = (_clean(speaker["name"].replace(":", "")), []) if speaker else ("", [])
            text = text[speaker.end() :] if speaker else ""
        lines += _spoken(text)
    yield from _speech(name, lines)


def _speech(name: str, lines: list[str]) -> Iterator[str]:
    """Nothing for a speaker whose speech was only a direction, or for words before any speaker."""
    if name and lines:
        yield "\n".join([f"{name}:", *lines])


def _spoken(paragraph: str) -> list[str]:
    """The spoken lines. A line with a digit belongs to a numbered direction or a tavern bill."""
    text = _ESCAPE.sub(r"\1", paragraph)
    if re.match(r"\d", text):
        return []
    lines = (_clean(line) for line in _ITALIC.sub("", _BRACKETED.sub("", text)).split("\n"))
    return [line for line in lines if _is_spoken(line)]


def _is_spoken(line: str) -> bool:
    return (
        bool(re.search(r"[A-Za-z]", line))
        and not re.search(r"\d", line)
        and not (_UNMARKED.fullmatch(line))
    )


def _clean(line: str) -> str:
    for pattern, spelling in _SPELLINGS:
        line = pattern.sub(spelling, line)
    return line.strip()
