"""The text of a cell as it was given, and errors that point into it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from elman.errors import EquationError
from elman.graph import Place

MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Source:
    """A cell's text with line ends as "\\n", and the name that its errors call the cell."""

    text: str
    name: str = "cell"

    def error(self, fact: str, place: Place | None = None, *hints: str) -> EquationError:
        """An EquationError about this text; without a place it is about the whole of it."""
        line, column, width = place or (0, 0, 1)
        return EquationError(
            fact,
            text=self.text,
            line=line,
            column=column,
            width=width,
            cell=self.name,
            hints=hints,
        )

    def comments(self) -> list[str]:
        """The comment of each line, "" where there is none."""
        marked = (line.partition("#") for line in self.text.split("\n"))
        return [(sign + rest).rstrip() for _, sign, rest in marked]


def read_source(text: str, name: str) -> Source:
    """The source of a text; EquationError if it is too long or holds characters that hide."""
    text = text.replace("\r\n", "\n")
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise Source("", name).error("the text is longer than 64 KiB, the most a cell may have")
    if text.replace("\n", "").replace("\t", "").isprintable():
        return Source(text, name)
    for line, row in enumerate(text.split("\n"), 1):
        for column, char in enumerate(row, 1):
            if _is_hidden(char):
                # shown as '?': some of these characters would break the line they are shown in
                shown = Source("".join("?" if _is_hidden(c) else c for c in text), name)
                fact = f"{describe(char)} does not show on the page, so it cannot be in a cell"
                raise shown.error(fact, Place(line, column, 1), "delete it")
    return Source(text, name)


def _is_hidden(char: str) -> bool:
    """Control, format, surrogate and line characters: they make a text look like another one."""
    return char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def describe(char: str) -> str:
    """A character in words: `'é' (U+00E9, latin small letter e with acute)`."""
    code, name = f"U+{ord(char):04X}", unicodedata.name(char, "").lower()
    if char.isascii() and char.isprintable():
        return f"'{char}'"
    known = f"{code}, {name}" if name else code
    return f"'{char}' ({known})" if char.isprintable() else f"the character {known}"
