"""What the parser trips over, said in a person's words: what was found, what could stand there.

`parse` calls `character`, `token` or `never_closed` with what it knows at that point; each returns
an EquationError. Mistakes of meaning (names, functions, sizes) are worded where they are found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import lark

from elman.equations.functions import FUNCTIONS
from elman.equations.reading import CHOOSING, place_of
from elman.equations.source import Source, describe
from elman.errors import EquationError
from elman.graph import Place

_VALUE = ("a number", "a name", "a function", "a matrix", "'('")
_NEW_LINE = re.compile(r"\s*([A-Za-z]\w*'?\s*=(?!=)|(state|input|static|param)\s+[A-Za-z])")

# What could stand in a place, by the tokens the grammar accepts there: the first kind of place that
# fits, and every sign.
_KINDS: tuple[tuple[set[str], tuple[str, ...]], ...] = (
    ({"STATE"}, ("a definition such as h' = tanh(W x + U h + b)", "a declaration")),
    ({"NUMBER", "_LPAR"}, _VALUE),
    ({"NAME", "MATRIX"}, ("a name",)),
    ({"MATRIX"}, ("a size such as R",)),
    ({"NUMBER", "NAME"}, ("a number", "a word such as orthogonal")),
    ({"NUMBER"}, ("a number",)),
)
_SIGNS = {
    "PLUS": "an operator",
    "_EQUAL": "'='",
    "_LSQB": "'['",
    "_RSQB": "']'",
    "_COMMA": "','",
    "_RPAR": "')'",
    "_NEWLINE": "the end of the line",
}

_CHARACTERS = {
    "^": "W^T is the transpose of a matrix; a square is written h * h",
    "'": "a prime stands right behind the name of a state: h' is its next value",
    "_": "a name begins with a letter",
    ";": "each line defines one name",
    **dict.fromkeys('\N{PRIME}\N{RIGHT SINGLE QUOTATION MARK}`"', "the prime is written '"),
    **dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}", "minus is written -"),
    **dict.fromkeys(
        "\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}\N{DOT OPERATOR}⊙∘",
        "the product is written *",
    ),
    "\N{GREEK SMALL LETTER SIGMA}": "the logistic function is written sigmoid(...)",
}
_PLAIN = "names are made of ASCII letters, digits and _; operators are + - * / and @"


class Stop(NamedTuple):
    """Where the parser stopped: the token it refused, the one before, what is open, what fits."""

    found: lark.Token
    before: lark.Token | None
    open: Sequence[lark.Token]
    accepted: frozenset[str]

    @property
    def begins(self) -> bool:
        """Whether the token is the first of its line."""
        return self.before is None or self.before.type == "_NEWLINE"


def character(source: Source, line: int, column: int) -> EquationError:
    """A character that begins no token."""
    char = source.text.split("\n")[line - 1][column - 1]
    hint = _CHARACTERS.get(char, _PLAIN)
    return source.error(f"{describe(char)} cannot stand here", Place(line, column, 1), hint)


def never_closed(source: Source, opening: lark.Token) -> EquationError:
    """A parenthesis or bracket without its partner."""
    partner = {"(": ")", "[": "]"}[str(opening)]
    hint = f"each '{opening}' needs its '{partner}'"
    return source.error(f"this '{opening}' is never closed", place_of(opening), hint)


def token(source: Source, stop: Stop) -> EquationError:
    """A token that the grammar does not accept in its place."""
    found, before = stop.found, stop.before
    if stop.open and _begins_a_line(source, stop):
        return never_closed(source, stop.open[-1])
    if before is not None and before.type in ("MATRIX", "TRANSPOSE", "AT") and not _sizes(stop):
        return _bare_matrix(source, before, found)
    if "PLUS" in stop.accepted and found.type in ("NAME", "PRIMED", "MATRIX", "NUMBER", "_LPAR"):
        return _side_by_side(source, stop)
    fact, hints = _worded(stop)
    return source.error(fact, place_of(found), *(hints or (_could_stand(stop.accepted),)))


def _worded(stop: Stop) -> tuple[str, tuple[str, ...]]:
    """The fact, and a hint if there is a better one than what could stand here."""
    found, before = stop.found, stop.before
    match found.type:
        case "_NEWLINE":
            return "the line ends too early", ()
        case "STATE" | "INPUT" | "STATIC" | "PARAM" if not stop.begins:
            return f"'{found}' is a word of the language and cannot be a name", (
                "take another name",
            )
        case "MATRIX" if stop.begins:
            return (
                f"'{found}' begins with a capital, so it is a matrix, and a matrix is learned",
                ("the name of a quantity begins with a small letter",),
            )
        case "TRANSPOSE":
            return "only a matrix has a transpose", ("W^T h applies the transpose of W to h",)
        case "COMPARE" if "_EQUAL" not in stop.accepted:
            return "a comparison can only be the first argument of where(...)", (CHOOSING,)
        case "_EQUAL" if "PLUS" in stop.accepted:
            return "there is a second '=' in this definition", ("in where(...), equal is ==",)
        case "STAR" if before is not None and before.type == "STAR":
            return "there is no operator **", ("a square is written h * h",)
        case "_RPAR" | "_RSQB" if not stop.open:
            return f"this '{found}' closes nothing", ("delete it",)
        case "_LSQB":
            return "'[' cannot stand here", ("sizes are declared: state m[R], param W[R, D]",)
        case _:
            return f"'{found}' cannot stand here", ()


def _could_stand(accepted: frozenset[str]) -> str:
    kinds = next((words for tokens, words in _KINDS if tokens <= accepted), ())
    words = [*kinds, *(word for sign, word in _SIGNS.items() if sign in accepted)]
    return "here could stand: " + " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _sizes(stop: Stop) -> bool:
    """Whether a declaration is being read, where a capital is not applied to anything."""
    return "_EQUAL" in stop.accepted or "_RSQB" in stop.accepted


def _begins_a_line(source: Source, stop: Stop) -> bool:
    """Whether the token looks like the start of the next equation, or is in its first words."""
    line = stop.found.line or 0
    row = source.text.split("\n")[line - 1]
    start = len(row) - len(row.lstrip())
    near = (stop.found.column or 0) - 1 <= start or "=" not in row[: (stop.found.column or 1) - 1]
    return line > (stop.open[-1].line or 0) and near and bool(_NEW_LINE.match(row))


def _bare_matrix(source: Source, before: lark.Token, found: lark.Token) -> EquationError:
    if before.type == "AT" or before.type == "TRANSPOSE":
        fact = f"'{before}' needs something behind it to apply to"
    else:
        fact = f"'{before}' is a matrix and has nothing to apply to"
    hint = "write W x, W tanh(x) or W (x + h)"
    if found.type == "MINUS":
        hint = "parentheses are needed here: W (-x)"
    elif found.type == "NUMBER":
        hint = "a matrix applies to a vector; a product with a number is written 2 * W x"
    return source.error(fact, place_of(before), hint)


def _side_by_side(source: Source, stop: Stop) -> EquationError:
    left, right = str(stop.before), str(stop.found)
    if left in FUNCTIONS:
        fact = f"'{left}' is a function, and its arguments stand in parentheses"
        return source.error(fact, place_of(stop.found), f"write {left}({right})")
    fact = f"there is no operator between '{left}' and '{right}'"
    one, other = (left, right) if left != ")" and right != "(" else ("r", "h")
    return source.error(
        fact,
        place_of(stop.found),
        f"write {one} * {other} for the product, element by element",
        "only a matrix, which begins with a capital, applies to what follows it: W h",
    )
