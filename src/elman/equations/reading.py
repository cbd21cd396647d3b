"""The grammar's tree in, our own syntax tree out, with comments and places.

Here stands what the grammar leaves open: comparisons only in `where`, numbers that fit, the
lengths of names, the number of states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import lark

from elman.equations.source import Source
from elman.equations.syntax import (
    Apply,
    Argument,
    Binary,
    Call,
    Comparison,
    Declaration,
    Declared,
    Definition,
    Equations,
    Expression,
    Kind,
    Name,
    Negative,
    Number,
    Statement,
)
from elman.graph import Place

Tree = lark.Tree[lark.Token]

MOST_DEPTH = 100  # also what lets every pass over a tree be a plain recursive function
MOST_STATES = 16
LONGEST_NAME = 40
DEEP = f"this is nested more than {MOST_DEPTH} deep, the most a cell may be"
CHOOSING = "where(a < b, c, d) is c where a is less than b, and d elsewhere"


def place_of(token: lark.Token) -> Place:
    """Where a token stands."""
    return Place(token.line or 0, token.column or 0, max(1, len(token.rstrip("\n"))))


def read_equations(source: Source, tree: Tree) -> Equations:
    """The statements of the grammar's tree, each with the comments above and behind it."""
    comments, done = source.comments(), 0
    statements: list[Statement] = []
    for child in cast("list[Tree]", tree.children):
        if _depth(child) > MOST_DEPTH:
            raise source.error(DEEP, _span(source, child))
        first, last = child.meta.line, child.meta.end_line
        inside = filter(None, comments[first - 1 : last - 1])
        above = _tidy([*comments[done : first - 1], *inside], gap=done > 0)
        statements.append(_Reader(source).statement(child, above, comments[last - 1]))
        done = last
    below = _tidy([*reversed(_tidy(reversed(comments[done:]), gap=False))], gap=done > 0)
    equations = Equations(tuple(statements), below)
    _check_states(source, equations)
    return equations


def _tidy(lines: Iterable[str], *, gap: bool) -> tuple[str, ...]:
    """Comment lines with runs of empty lines made one; `gap` keeps an empty one at the start."""
    kept: list[str] = []
    for line in lines:
        if line or (kept[-1] if kept else gap):
            kept.append(line)
    return tuple(kept)


def _depth(tree: Tree) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.children if isinstance(child, lark.Tree)]
    return deepest


def _span(source: Source, tree: Tree) -> Place:
    """Where a tree stands; if it goes on on another line, the rest of its first line."""
    meta = tree.meta
    row = source.text.split("\n")[meta.line - 1].partition("#")[0].rstrip()
    end = meta.end_column if meta.end_line == meta.line else len(row) + 1
    return Place(meta.line, meta.column, max(1, end - meta.column))


def _check_states(source: Source, equations: Equations) -> None:
    states: set[str] = set()
    for line in equations.definitions:
        states |= {line.name} if line.primed else set()
        if len(states) > MOST_STATES:
            fact = f"a cell has at most {MOST_STATES} states, and '{line.name}' is one more"
            raise source.error(fact, line.place)


class _Reader:
    """Reads the statements of one source. The grammar vouches for the children of each tree."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def statement(self, tree: Tree, above: tuple[str, ...], note: str) -> Statement:
        first, *rest = tree.children
        word = cast("lark.Token", first)
        if tree.data == "definition":
            name, place = self._name(word), place_of(word)
            value = self._expression(rest[0])
            primed = word.type == "PRIMED"
            return Definition(name, value, primed, above=above, note=note, place=place)
        names = tuple(self._declared(cast("Tree", part)) for part in rest)
        return Declaration(cast("Kind", str(word)), names, above=above, note=note)

    def _declared(self, tree: Tree) -> Declared:
        word, sizes, initial = tree.children
        names = (
            tuple(self._name(size) for size in sizes.children if isinstance(size, lark.Token))
            if isinstance(sizes, lark.Tree)
            else None
        )
        value = self._initial(initial) if isinstance(initial, lark.Tree) else None
        name = self._name(cast("lark.Token", word))
        return Declared(name, names, value, place=_span(self.source, tree))

    def _initial(self, tree: Tree) -> float | str:
        *signs, last = cast("list[lark.Token | None]", tree.children)
        word = cast("lark.Token", last)
        if word.type == "NAME":
            return self._name(word)
        return -self._number(word) if signs[0] else self._number(word)

    def _expression(self, tree: Tree | lark.Token) -> Expression:
        if isinstance(tree, lark.Token):
            return self._word(tree)
        place, children = _span(self.source, tree), tree.children
        match tree.data:
            case "binary":
                left, right = self._expression(children[0]), self._expression(children[2])
                return Binary(str(children[1]), left, right, place=place)
            case "negative":
                return Negative(self._expression(children[1]), place=place)
            case "application":
                matrix, transposed = self._name(cast("lark.Token", children[0])), children[1]
                operand = self._expression(children[-1])
                return Apply(matrix, operand, bool(transposed), place=place)
            case _:
                return self._call(cast("lark.Token", children[0]), children[1:], place)

    def _word(self, token: lark.Token) -> Expression:
        place = place_of(token)
        if token.type == "NUMBER":
            return Number(self._number(token), place=place)
        return Name(self._name(token), token.type == "PRIMED", place=place)

    def _call(self, word: lark.Token, children: list[Tree | lark.Token], place: Place) -> Call:
        arguments: list[Argument] = []
        for position, child in enumerate(children):
            if isinstance(child, lark.Tree) and child.data == "comparison":
                arguments.append(self._comparison(child, legal=word == "where" and not position))
            elif child:  # None is the grammar's sign for an empty list
                arguments.append(self._expression(child))
        return Call(self._name(word), tuple(arguments), place=place)

    def _comparison(self, tree: Tree, *, legal: bool) -> Comparison:
        left, sign, right = tree.children
        place = _span(self.source, tree)
        if not legal:
            fact = "a comparison can only be the first argument of where(...)"
            raise self.source.error(fact, place, CHOOSING)
        return Comparison(str(sign), self._expression(left), self._expression(right), place=place)

    def _number(self, token: lark.Token) -> float:
        value = float(token)
        if math.isinf(value):
            raise self.source.error("this number is too large", place_of(token))
        return value

    def _name(self, token: lark.Token) -> str:
        name = token.rstrip("'")
        if len(name) > LONGEST_NAME:
            fact = f"this name has {len(name)} characters, {LONGEST_NAME} are the most"
            raise self.source.error(fact, place_of(token))
        return name
