"""Text in, syntax tree out. The text is data: it is matched against a grammar, never evaluated.

Whatever the text holds, the answer is a tree or an EquationError that points at the place.
What names, functions and sizes mean is looked at later (`names`, `sizes`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

import lark

from elman.equations import mistakes
from elman.equations.reading import DEEP, MOST_DEPTH, Tree, place_of, read_equations
from elman.equations.source import Source, read_source
from elman.equations.syntax import Equations

MOST_NODES = 512
_COUNTED = {"NAME", "PRIMED", "MATRIX", "NUMBER", "PLUS", "MINUS", "STAR", "SLASH", "COMPARE"}


def parse(text: str, name: str = "cell") -> Equations:
    """The syntax tree of a cell's text; `name` is what errors call the cell.

    Raises EquationError where the text is not in the language or is too large.
    """
    return parse_source(read_source(text, name))


def parse_source(source: Source) -> Equations:
    """The syntax tree of a source, with places that point into it."""
    return read_equations(source, _Feeder(source).tree())


class _Grammar(Protocol):
    """The part of lark that is used, with types."""

    def lex(self, text: str) -> Iterator[lark.Token]: ...
    def parse_interactive(self, text: str) -> _Parser: ...


class _Parser(Protocol):
    def feed_token(self, token: lark.Token) -> object: ...
    def feed_eof(self) -> Tree: ...
    def accepts(self) -> set[str]: ...


@functools.cache
def _grammar() -> _Grammar:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    made = lark.Lark(grammar, parser="lalr", lexer="basic", propagate_positions=True)
    return cast("_Grammar", made)


class _Feeder:
    """Hands the tokens of one text to the parser, and knows what went before when one is wrong."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.open: list[lark.Token] = []  # parentheses and brackets
        self.previous: lark.Token | None = None

    def tree(self) -> Tree:
        parser = _grammar().parse_interactive("")
        try:
            for token in self._tokens():
                parser.feed_token(token)
                self.previous = token
        except lark.UnexpectedCharacters as error:
            raise mistakes.character(self.source, error.line, error.column) from None
        except lark.UnexpectedToken as error:
            accepted = frozenset(parser.accepts())
            stop = mistakes.Stop(error.token, self.previous, self.open, accepted)
            raise mistakes.token(self.source, stop) from None
        return parser.feed_eof()

    def _tokens(self) -> Iterator[lark.Token]:
        """The tokens, without the line ends in parentheses, and a line end after the last."""
        counted = 0
        for token in _grammar().lex(self.source.text):
            counted += token.type in _COUNTED
            if counted > MOST_NODES:
                fact = f"more than {MOST_NODES} names, numbers and operators, the most for a cell"
                raise self.source.error(fact, place_of(token))
            if token.type != "_NEWLINE":
                yield token
                self._follow(token)
            elif not self.open and self._in_line():
                yield token
        if self.open:
            raise mistakes.never_closed(self.source, self.open[-1])
        if self._in_line():
            last = cast("lark.Token", self.previous)
            yield lark.Token("_NEWLINE", "\n", line=last.line, column=last.end_column)

    def _in_line(self) -> bool:
        return self.previous is not None and self.previous.type != "_NEWLINE"

    def _follow(self, token: lark.Token) -> None:
        """Count the parentheses; the parser has accepted the token."""
        if token.type in ("_LPAR", "_LSQB"):
            self.open.append(token)
            if len(self.open) > MOST_DEPTH:
                raise self.source.error(DEEP, place_of(token))
        elif token.type in ("_RPAR", "_RSQB"):
            self.open.pop()
