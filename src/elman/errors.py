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


class ElmanError(Exception):
    """The base class: `except ElmanError` catches every error that Elman raises on purpose."""


class EquationError(ElmanError):
    """The text of a cell is wrong.

    `fact` is one short sentence; `cell` names the cell; `text` is the whole source; `line` and
    `column` (both from 1) and `width` (in characters) say where; `hints` are lines shown below.
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
        if not self.line:
            return "\n".join([f"{self.cell}: {self.fact}", *(f"  {hint}" for hint in self.hints)])
        rows = [f"{self.cell}, line {self.line}: {self.fact}"]
        lines = self.text.splitlines()
        if self.line <= len(lines):
            source = lines[self.line - 1].expandtabs(1)
            rows += [f"    {source}", " " * (3 + self.column) + "^" * max(1, self.width)]
        return "\n".join([*rows, *(f"  {hint}" for hint in self.hints)])


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
