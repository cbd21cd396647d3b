"""Whatever a text holds, reading it gives a tree with places, or an EquationError; nothing else."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elman import cells
from elman.equations import Cell, parse
from elman.equations.syntax import (
    Apply,
    Binary,
    Call,
    Comparison,
    Declaration,
    Declared,
    Definition,
    Expression,
    Name,
    Negative,
    Number,
    walk,
)
from elman.errors import EquationError

X, H = Name("x"), Name("h")


def value(text: str) -> Expression:
    return parse(f"r = {text}").definitions[0].value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("W x", Apply("W", X)),
        ("W @ x", Apply("W", X)),
        ("W (x)", Apply("W", X)),
        ("W^T h", Apply("W", H, transposed=True)),
        ("W^T @ h", Apply("W", H, transposed=True)),
        ("W U x", Apply("W", Apply("U", X))),
        ("P tanh(c')", Apply("P", Call("tanh", (Name("c", primed=True),)))),
        ("U (x * h)", Apply("U", Binary("*", X, H))),
        ("W x * h", Binary("*", Apply("W", X), H)),
        ("x * W h", Binary("*", X, Apply("W", H))),
        ("x + h * x", Binary("+", X, Binary("*", H, X))),
        ("x - h - x", Binary("-", Binary("-", X, H), X)),
        ("x / h / x", Binary("/", Binary("/", X, H), X)),
        ("-x * h", Binary("*", Negative(X), H)),
        ("-W x", Negative(Apply("W", X))),
        ("x - -h", Binary("-", X, Negative(H))),
        (".5", Number(0.5)),
        ("2.", Number(2.0)),
        ("1.5e-3", Number(0.0015)),
        ("where(x <= h, 1, 0)", Call("where", (Comparison("<=", X, H), Number(1), Number(0)))),
        ("max(\n  x,  # the one\n\n  h  # the other\n)", Call("max", (X, H))),
        ("\tx\t", X),
    ],
)
def test_a_text_means_one_tree(text: str, tree: Expression):
    assert value(text) == tree


def test_declarations_name_sizes_and_starts():
    tree = parse("state m[R] = 0, n\r\nparam a[], W[R, D] = orthogonal, b_f = -1\n")
    assert tree.statements == (
        Declaration("state", (Declared("m", ("R",), 0.0), Declared("n"))),
        Declaration(
            "param",
            (Declared("a", ()), Declared("W", ("R", "D"), "orthogonal"), Declared("b_f", None, -1)),
        ),
    )


def test_every_node_knows_its_place():
    text = "h'  = W_r x +\tU^T (r * h')\n"
    (line,) = parse(text).definitions
    found = {
        text[node.place.column - 1 : node.place.column - 1 + node.place.width]
        for node in walk(line.value)
    }
    assert found == {"W_r x +\tU^T (r * h')", "W_r x", "U^T (r * h')", "x", "r * h'", "r", "h'"}
    assert (line.place.line, line.place.column, line.place.width) == (1, 1, 2)


def test_a_place_on_several_lines_ends_with_the_first():
    (line,) = parse("r = tanh(x + h  # one\n  + x)").definitions
    assert line.value.place == (1, 5, 10)


def test_keywords_are_only_whole_words():
    assert parse("states = params").definitions == (Definition("states", Name("params")),)


def is_refused_or_read(text: str) -> None:
    start = time.perf_counter()
    try:
        cell = Cell(text)
    except EquationError as error:
        assert error.__cause__ is None and str(error)
    else:
        assert cell.step and Cell(str(cell)).text == cell.text
        cell.to_latex()
    assert time.perf_counter() - start < 2


ALPHABET = "xhrcWUb_fy'()[]{}+-*/@^T=<>!,.;:#\n \t0123456789eE\\\"stateinputparamwhere\r\0é′σ"


@given(st.text() | st.text(ALPHABET, max_size=60))
@example("\n" * 65536)
@example("(" * 65536)
@example("h' = " + "(" * 65000)
@example("h' = " + "-" * 65000)
@example("h' = " + "W " * 32000 + "x")
@example("h' = " + "x+" * 32000 + "x")
@example("h' = " + "tanh(" * 13000)
@example("h' = 1" + "0" * 65000)
@example("h' = 1e" + "9" * 65000)
@example("h' = 0." + "0" * 65000 + "1 + h")
@example("h" * 65000 + "' = x")
@example("param " + "a, " * 20000 + "a")
@example("#" * 65536)
@example("# \n" * 21000)
@example("h' = h\n" * 9000)
def test_a_hostile_text_is_refused_or_read(text: str):
    is_refused_or_read(text)


@given(st.binary())
def test_random_bytes_are_refused_or_read(data: bytes):
    is_refused_or_read(data.decode("latin-1"))
    is_refused_or_read(data.decode("utf-8", "surrogateescape"))


def test_broken_cells_are_refused_or_read():
    """Cells with a few characters struck out, doubled, or put elsewhere."""
    chance = random.Random(7)
    for text in [str(cells.get(name)) for name in cells.names()] * 60:
        letters = list(text)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(letters))
            letters[at : at + chance.randint(0, 3)] = chance.choices(
                letters, k=chance.randint(0, 3)
            )
        is_refused_or_read("".join(letters))


ATTACKS = [
    "h' = __import__('os').system('true')",
    "h' = (lambda: x)()",
    "h' = x.__class__.__mro__",
    "h' = eval(x)",
    "h' = exec(x)",
    "h' = open(x)",
    "h' = f'{x}'",
    "h' = [y for y in x]",
    "h' = x if x else h",
    "h' = x; import os",
    "import os\nh' = x",
    "h' = x\n#include <stdio.h>\nh' = h ??/\n",
    "h' = 9**9**9**9",
    "h' = x \\\n + h",
    "h' = $(x)",
    "h' = `x`",
    "{{ x }}",
    "h' = \N{FULLWIDTH LATIN SMALL LETTER X}",
    "h' = \N{MATHEMATICAL ITALIC SMALL X}",
    "h' = \N{CYRILLIC SMALL LETTER ES}",
    "h' = x\N{ZERO WIDTH SPACE}",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_code_is_not_a_cell(text: str):
    with pytest.raises(EquationError):
        Cell(text)


def test_reading_a_text_touches_nothing():
    """No file is opened, no code compiled and no process started, whatever the text says."""
    code = f"""
import sys
from elman.equations import Cell
from elman.errors import EquationError
Cell("h' = tanh(x + h)").step
seen = []
watched = ("open", "exec", "compile", "import", "os.", "subprocess.", "socket.", "ctypes.")
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(watched) else None)
for text in {ATTACKS!r}:
    try:
        Cell(text)
    except EquationError:
        pass
raise SystemExit(", ".join(seen) or 0)
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
