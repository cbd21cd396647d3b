"""What any text has: lines, words, quotation marks, brackets, addresses, formulas."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from elman.probe.annotations.annotation import Annotation, amount, category, marked

DEEP = (8, 12)  # spaces
OPEN, CLOSE = "([{", ")]}"
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"')\]]+")
_FORMULA = re.compile(r"(?<!\\)(\$\$?)(?:\\.|[^$\\])+?\1")


def prose(text: str) -> Iterator[Annotation]:
    """Every annotation that needs no language."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    places = positions(codes)
    yield amount("position in line", "characters since the line began", places)
    indented = indents(codes, places)
    yield amount("indentation", "spaces at the beginning of the line", indented)
    for least in DEEP:
        about = f"{least} spaces or more at the beginning of the line"
        yield category(f"indented by {least}", about, indented >= least)
    yield category("after a newline", "the line has just begun", codes == 10)
    letters = np.array([c.isalnum() or c == "_" for c in text], bool)
    yield category("inside a word", "letters and digits", letters)
    yield category("capitals", "capital letters", np.array([c.isupper() for c in text], bool))
    yield category("inside quotes", "from one quotation mark to the next", quotes(text))
    depth = depths(text)
    yield amount("bracket depth", "brackets that are open", depth)
    yield category("inside brackets", "some bracket is open", depth > 0)
    yield category("inside a URL", "an address of the web", spans(text, _URL, tail=0))
    yield category("inside $...$", "a formula of TeX", spans(text, _FORMULA, tail=1))


def positions(codes: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Characters since the last newline, which itself counts as 0."""
    here = np.arange(len(codes))
    last = np.maximum.accumulate(np.where(codes == 10, here, -1))
    return (here - last).astype(np.float32)


def indents(codes: NDArray[np.uint32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blanks at the beginning of the line, as far as it has been read; a tab is 8."""
    blank = (codes == 32) | (codes == 9)
    found, count, leading = np.zeros(len(codes), np.float32), 0.0, True
    for t, (is_blank, code) in enumerate(zip(blank.tolist(), codes.tolist(), strict=True)):
        if code == 10:
            count, leading = 0.0, True
        elif leading and is_blank:
            count += 8.0 if code == 9 else 1.0
        else:
            leading = False
        found[t] = count
    return found


def quotes(text: str) -> NDArray[np.bool_]:
    """Inside straight or curved double quotation marks; an empty line ends them."""
    found, inside, before = np.zeros(len(text), bool), False, ""
    for t, letter in enumerate(text):
        if letter == '"':
            inside = not inside
        elif letter in "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}":
            inside = letter == "\N{LEFT DOUBLE QUOTATION MARK}"
        elif letter == "\n" == before:
            inside = False
        found[t], before = inside, letter
    return found


def depths(text: str) -> NDArray[np.float32]:
    """How many brackets are open; never below 0."""
    found, depth = np.zeros(len(text), np.float32), 0
    for t, letter in enumerate(text):
        if letter in OPEN:
            depth += 1
        elif letter in CLOSE:
            depth = max(0, depth - 1)
        found[t] = depth
    return found


def spans(text: str, pattern: re.Pattern[str], tail: int) -> NDArray[np.bool_]:
    """Inside what matches, without its last `tail` characters: with them it is over."""
    return marked(len(text), ((m.start(), m.end() - tail) for m in pattern.finditer(text)))
