"""Everything that can go wrong on purpose, in one family.

    ElmanError
    ├── EquationError    the text of a cell is wrong; knows line, column and draws a caret
    ├── GraphError       a graph breaks the law of `graph.verify`: a defect in a pass, not in a cell
    ├── ShapeError       a tensor or a size does not fit
    ├── KernelError      a cell cannot be compiled or run on the target asked for
    ├── DataError        a file or data set cannot be used
    ├── RunError         a run folder is missing, unfinished, or not what was asked for
    └── ConfigError      an option or a configuration file is wrong

A message says what is wrong, where, what would have been right, and what to do next.
"""

from __future__ import annotations

import re

_WIDEST = 76  # characters shown of a line of a cell; with the indent, what a terminal is wide
_LONG_WORD = re.compile(r"(\S{30})\S{16,}(\S{15})")


class ElmanError(Exception):
    """The base class: `except ElmanError` catches every error that Elman raises on purpose."""


class EquationError(ElmanError):
    """The text of a cell is wrong.

    `fact` is one short sentence; `cell` names the cell; `text` is the whole source; `line` and
    `column` (both from 1) and `width` (in characters) say where; `hints` are lines shown below.
    Of a long line the message shows the part around its place, of a long word both ends.
    """

    def __init__(
        self,
        fact: str,
        *,
        text: str = "",
        line: int = 0,
        column: int = 0,
        width: int = 1,
        cell: str = "cell",
        hints: tuple[str, ...] = (),
    ) -> None:
        self.fact, self.text, self.cell, self.hints = fact, text, cell, hints
        self.line, self.column, self.width = line, column, width
        super().__init__(self._message())

    def _message(self) -> str:
        place = f"{self.cell}, line {self.line}" if self.line else self.cell
        rows = [f"{place}: {_shortened(self.fact)}"]
        lines = self.text.splitlines()
        if 0 < self.line <= len(lines):
            source = lines[self.line - 1].expandtabs(1)
            rows += (f"    {row}" for row in _around(source, self.column - 1, max(1, self.width)))
        return "\n".join([*rows, *(f"  {_shortened(hint)}" for hint in self.hints)])


def _around(source: str, start: int, width: int) -> tuple[str, str]:
    """The part of a line that holds `width` characters from `start` on, and carets below them."""
    first = 0
    if len(source) > _WIDEST:
        # the place in the middle, but no emptiness on either side
        middle = start + min(width, _WIDEST // 2) // 2
        first = max(0, min(middle - _WIDEST // 2, len(source) - _WIDEST))
    shown = source[first : first + _WIDEST]
    carets = "^" * min(width, max(1, len(shown) - (start - first)))
    if first:
        shown = "..." + shown[3:]
    if first + _WIDEST < len(source):
        shown = shown[:-3] + "..."
    return shown, " " * (start - first) + carets


def _shortened(text: str) -> str:
    return _LONG_WORD.sub(r"\1...\2", text)


class GraphError(ElmanError):
    """A graph breaks the law of `graph.verify`."""


class ShapeError(ElmanError, ValueError):
    """A tensor or a size does not fit."""


class KernelError(ElmanError, RuntimeError):
    """A cell cannot be compiled, or a kernel cannot be run, on the target asked for."""


class DataError(ElmanError, ValueError):
    """A file or a data set cannot be used."""


class RunError(ElmanError):
    """A run folder is missing, unfinished, or not what was asked for."""


class ConfigError(ElmanError, ValueError):
    """An option or a configuration file is wrong."""
