"""What the tokens of a programming language tell, from pygments' tokenizer.

Statements are found by their first word: `if` to its colon, `return` to the end of the line that
no bracket continues. Of languages other than Python, those with parentheses after the word are
known (`if (...)`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Number, Operator, Punctuation, String
from pygments.util import ClassNotFound

from elman.errors import ConfigError
from elman.probe.annotations.annotation import Annotation, amount, category, marked

LANGUAGES = (
    "python",
    "c",
    "cpp",
    "javascript",
    "java",
    "rust",
    "go",
    "tex",
    "html",
    "json",
    "bash",
)
OPEN = {"(": ")", "[": "]", "{": "}"}
# words that begin a statement, and where it ends: at its colon, or with its line
HEADERS = ("if", "elif", "for", "while", "def", "class", "with", "except")
LINES = ("import", "from", "return", "raise", "assert")
_MARGIN = re.compile(r"^(?=[A-Za-z_@])", re.MULTILINE)
_SIGNS = {  # of a language: what it has every few lines and others hardly ever have
    "python": ("):\n", "def ", "self.", "import "),
    "c": (";\n", "#include", "{\n", "->"),
    "tex": ("\\begin{", "\\end{", "\\section", "$"),
    "html": ("</", "<p", "<div", "/>"),
    "javascript": (";\n", "function", "const ", "=>"),
}


@dataclass(frozen=True)
class Piece:
    """A token: where it is, its kind and its text."""

    start: int
    stop: int
    kind: Any  # a type of pygments, which holds the narrower ones: `kind in String`
    text: str


def guess_language(text: str) -> str:
    """`python`, `c`, `tex`, `html`, `javascript`, or `prose` if the text looks like none."""
    lines = text.count("\n") + 1
    best, language = 0.0, "prose"
    for name, signs in _SIGNS.items():
        counts = [text.count(sign) / lines for sign in signs]
        score = sum(counts) if sum(count > 0 for count in counts) >= 2 else 0.0
        if score > best:
            best, language = score, name
    return language if best > 0.15 else "prose"


def tokens(text: str, language: str) -> list[Piece]:
    """The tokens of a text; ConfigError for a language that pygments does not know."""
    try:
        lexer: Lexer = get_lexer_by_name(language)
    except ClassNotFound as error:
        raise ConfigError(
            f"there is no tokenizer for {language!r}: take prose, {', '.join(LANGUAGES)} or "
            "another word of pygments"
        ) from error
    return [
        Piece(start, start + len(value), kind, value)
        for start, kind, value in lexer.get_tokens_unprocessed(text)
        if value
    ]


def code(text: str, language: str) -> Iterator[Annotation]:
    """Every annotation that a language has."""
    pieces, length = tokens(text, language), len(text)
    yield category("string", "inside a string", marked(length, _strings(pieces)))
    for sign in "\"'":
        own = [span for span in _strings(pieces) if _mark(text, span) == sign]
        yield category(f"string in {sign}", f"a string that {sign} ends", marked(length, own))
    docs = [p for p in pieces if p.kind in String.Doc]
    yield category("docstring", "text that documents", marked(length, _strings(docs)))
    yield category("comment", "inside a comment", marked(length, _comments(pieces)))
    for name, kind in (("keyword", Keyword), ("number", Number), ("operator", Operator)):
        yield category(name, f"a {name}", marked(length, _of(pieces, kind)))
    opened = _opened(pieces, length)
    depth = sum(opened.values(), np.zeros(length, np.float32))
    yield amount("bracket depth", "brackets that are open, in strings not counted", depth)
    yield category("inside brackets", "some bracket is open", depth > 0)
    yield category("nested brackets", "two brackets or more are open", depth > 1)
    lines = _at_line_start(text, depth)
    yield category("continued line", "a bracket was open when the line began", lines > 0)
    for sign, counts in opened.items():
        yield category(f"inside {sign}{OPEN[sign]}", f"a {sign} is open", counts > 0)
    statements = _statements(pieces, length, language == "python")
    for word, spans in statements.items():
        about = f"a statement that begins with {word}"
        yield category(f"inside {word}", about, marked(length, spans))
    if language == "python":
        headers = [span for word in HEADERS for span in statements.get(word, ())]
        yield category("header", "a colon is owed: if, for, def ...", marked(length, headers))
        margin = {word: [s for s in statements.get(word, ()) if _is_margin(text, s[0])]
                  for word in ("class", "def")}  # fmt: skip
        for word, body in _bodies(text, margin).items():
            yield category(f"{word} body", f"in a {word} that begins at the margin",
                           marked(length, body))  # fmt: skip


def _of(pieces: list[Piece], kind: Any) -> Iterator[tuple[int, int]]:
    return ((p.start, p.stop) for p in pieces if p.kind in kind)


def _strings(pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """Pieces of strings that touch are one; with its last character a string is over."""
    start = stop = -1
    for piece in pieces:
        if piece.kind not in String:
            continue
        if piece.start != stop:
            if stop > start:
                yield start, stop - 1
            start = piece.start
        stop = piece.stop
    if stop > start:
        yield start, stop - 1


def _mark(text: str, span: tuple[int, int]) -> str:
    """The quotation mark of a string, behind its letters; nothing if it is three of them."""
    start = next((k for k in range(*span) if text[k] in "\"'"), span[0])
    mark = text[start]
    return "" if text.startswith(3 * mark, start) else mark


def _at_line_start(text: str, depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the depth was after the newline before each character."""
    here = np.arange(len(text))
    newline = np.array([letter == "\n" for letter in text], bool)
    last = np.maximum.accumulate(np.where(newline, here, -1))
    return np.where(last >= 0, depth[last], np.float32(0))


def _comments(pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """A comment to the end of the line is over with the newline, any other with its last sign."""
    for piece in pieces:
        if piece.kind in Comment and piece.kind not in Comment.Preproc:
            line = piece.kind in Comment.Single or piece.kind in Comment.Hashbang
            open_ended = line and not piece.text.endswith("\n")
            yield piece.start, piece.stop - (not open_ended)


def _opened(pieces: list[Piece], length: int) -> dict[str, NDArray[np.float32]]:
    """For each kind of bracket, how many are open after each character."""
    found: dict[str, NDArray[np.float32]] = {}
    signs = [p for p in pieces if p.kind in Punctuation or p.kind in Operator]
    for sign, partner in OPEN.items():
        change = np.zeros(length + 1, np.int64)
        depth = 0
        for piece in signs:
            for place, letter in enumerate(piece.text, piece.start):
                if letter == sign:
                    change[place] += 1
                    depth += 1
                elif letter == partner and depth:
                    change[place] -= 1
                    depth -= 1
        found[sign] = np.cumsum(change[:length]).astype(np.float32)
    return found


def _statements(pieces: list[Piece], length: int, colons: bool) -> dict[str, list[tuple[int, int]]]:
    """First word -> the stretches of its statements. Without `colons`, of the words before ( )."""
    found: dict[str, list[tuple[int, int]]] = {}
    word, since, depth, fresh = "", 0, 0, True
    for piece in pieces:
        if piece.kind in Comment or piece.kind in String:
            fresh = False
            continue
        if piece.kind in Keyword and fresh and not word and piece.text in (*HEADERS, *LINES):
            word, since, depth = piece.text, piece.start, 0
        for place, letter in enumerate(piece.text, piece.start):
            depth += letter in "([{"
            depth -= letter in ")]}"
            over = _is_over(word, letter, depth, colons)
            if word and over:
                found.setdefault(word, []).append((since, place))
                word = ""
        stripped = piece.text.strip(" \t")
        if stripped:
            fresh = stripped.endswith("\n") or (not colons and stripped[-1] in ";{}")
    if word:
        found.setdefault(word, []).append((since, length))
    return found


def _is_over(word: str, letter: str, depth: int, colons: bool) -> bool:
    """Whether this letter ends a statement that begins with the word."""
    if depth > 0:
        return False
    if not colons:
        return letter in ";{)"
    return letter == "\n" or (letter == ":" and word in HEADERS)


def _is_margin(text: str, place: int) -> bool:
    return place == 0 or text[place - 1] == "\n"


def _bodies(
    text: str, headers: dict[str, list[tuple[int, int]]]
) -> dict[str, list[tuple[int, int]]]:
    """First word -> the stretches from the end of a header at the margin to the next line that
    begins at the margin with something other than a bracket, a mark or a string.
    """
    margins = [m.start() for m in _MARGIN.finditer(text)] + [len(text)]
    found: dict[str, list[tuple[int, int]]] = {}
    for word, spans in headers.items():
        ends = np.searchsorted(margins, [stop for _, stop in spans], "right")
        found[word] = [
            (stop, margins[k]) for (_, stop), k in zip(spans, ends.tolist(), strict=True)
        ]
    return found
