"""Every mistake that a text can hold has a message; the golden files show them all in full."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import elman.equations
from elman.equations import Cell
from elman.equations.reading import DEEP, LONGEST_NAME, MOST_DEPTH, MOST_STATES
from elman.equations.source import MOST_BYTES
from elman.errors import EquationError

Golden = Callable[[str, str], None]

SYNTAX = [
    "r = tanh(W x\nh' = r",
    "r = tanh(W x +\nh' = r",
    "h' = tanh(W x\n  + U h\nparam p",
    "h' = tanh(",
    "state m[R",
    "r h",
    "r",
    "h' = r h",
    "h' = 2 x",
    "h' = (x) (h)",
    "h' = min(x h)",
    "h' = tanh x",
    "h' =",
    "h' = x +",
    "h' = tanh(x,)",
    "h' = W",
    "h' = W + x",
    "h' = W -x",
    "h' = W 2",
    "h' = W^T",
    "h' = W @ * x",
    "W = 3",
    "state = 3",
    "h' = state",
    "= 3",
    "3 = x",
    "tanh(x)",
    "h' == 3",
    "h' = a < b",
    "h' = tanh(a < b)",
    "h' = where(x, a < b, c)",
    "h' = where(a < b < c, 1, 2)",
    "h' = a = b",
    "h' = x ** 2",
    "h' = x)",
    "h' = (x]",
    "h' = x[R]",
    "h' = x, h",
    "h' = h^T",
    "param = 1",
    "param p q",
    "param p = (",
    "param p = -orthogonal",
    "param p = sigmoid(x)",
    "state m[r]",
    "param W[R D]",
    "param W[R,]",
]

CHARACTERS = [
    "h' = h^2",
    "h'' = x",
    "h' = W' x",
    "_r = 3",
    "h' = x; r = h",
    "h' = x.y",
    'h\' = "x"',
    "h\N{PRIME} = x",
    "h' = a \N{MIDDLE DOT} b",
    "h' = a \N{MINUS SIGN} b",
    "h' = \N{GREEK SMALL LETTER SIGMA}(x)",
    "h' = \N{CYRILLIC SMALL LETTER HA}",
    "h' =\N{NO-BREAK SPACE}x",
    "h' = x  # \N{RIGHT-TO-LEFT OVERRIDE}gnihton",
    "h' = x\x00",
    "h' = x\u2028r = 3",
    "h' = \ud800",
    "h' = x\rr = 3",
]

LIMITS = [
    "h' = 1e999",
    "h' = " + "a" * (LONGEST_NAME + 1),
    "a" * (LONGEST_NAME + 1) + "' = x",
    "\n".join(f"s_{n}' = x" for n in range(MOST_STATES + 1)),
]

NAMES = [
    "r  = sigmoid(W_r x + U_r h + b_r)\nz  = sigmoid(W_z x)\n"
    "n  = tanh(W_n x + b_n + r * (U_n hh + b_u))\nh' = n",
    "h' = tanh(W_r x + w_r)",
    "h' = quux",
    "param a, p_2[R]\nstatic v\ninput u\nh' = q",
    "h' = " + " + ".join(f"a_{n}" for n in range(20)),
    "\n".join(f"a_{n} = x" for n in range(20)) + "\nh' = qq",
    "h' = tanh + x",
    "h' = n * x\nn = tanh(x)",
    "h' = h' + x",
    "r = h' + x\nh' = r",
    "state m\nh' = m' + h",
    "h' = x'",
    "r = x'",
    "r = x\nh' = r'",
    "r = x\nr = h\nh' = r",
    "h' = x\nh' = h",
    "h = x\nh' = h",
    "h' = x\nh = x",
    "x = 3\nh' = x",
    "x' = 3",
    "y' = x",
    "grad_s = x\nh' = grad_s",
    "param grad_h\nh' = x + grad_h",
    "tanh = x\nh' = x",
    "param p\np = x\nh' = p",
    "param p, p\nh' = p * x",
    "input h\nh' = x",
    "input x\nh' = x",
    "param p\nh' = x",
    "input u\nh' = x",
    "state m\nh' = x",
    "r = x",
    "",
    "# nothing but a title",
]

FUNCTIONS = [
    "h' = sigm(x)",
    "h' = quux(x)",
    "h' = x(h)",
    "h' = b_r(h)",
    "h' = tanh()",
    "h' = tanh(x, h)",
    "h' = min(x)",
    "h' = where(x > 0)",
    "h' = where(x, h, h)",
]

DECLARATIONS = [
    "param tanh",
    "input y",
    "input X",
    "param W[R]",
    "param p[R, D]",
    "param p[R, D, H]",
    "state m[]",
    "static v[]",
    "state m[T]",
    "static v[V]",
    "input u = 1",
    "state m = orthogonal",
    "param W = glorot",
    "param p = orthogonal",
]

SIZES = [
    "state m[R]\nm' = W x\nh' = h + m'",
    "state m[R]\nm' = h\nh' = m'",
    "state m[R]\nm' = W x\nh' = tanh(sigmoid(U h + V x) * m)",
    "static v[F]\nh' = where(v > 0, x, h)",
    "param W[R, F]\nh' = U (W h)",
    "static v[F]\nh' = W h + W v",
    "static v[F]\nh' = W^T (W v) + h",
    "param a[]\nh' = W a + h",
    "h' = W (2 * 3) + h",
    "h' = h * mean(2)",
    "param a[]\nh' = h * layernorm(a)",
]

GROUPS = {
    "syntax": SYNTAX,
    "characters": CHARACTERS,
    "limits": LIMITS,
    "names": NAMES,
    "functions": FUNCTIONS,
    "declarations": DECLARATIONS,
    "sizes": SIZES,
}


def message(text: str) -> str:
    with pytest.raises(EquationError) as error:
        Cell(text, name="gru")
    return str(error.value)


@pytest.mark.parametrize("group", GROUPS)
def test_every_message_reads_as_it_was_written(group: str, golden: Golden):
    golden(f"equations/{group}.txt", "\n\n".join(map(message, GROUPS[group])) + "\n")


def test_a_message_points_at_the_exact_columns():
    text = """
    r  = sigmoid(W_r x + U_r h + b_r)
    z  = sigmoid(W_z x + U_z h + b_z)
    n  = tanh(W_n x + b_n + r * (U_n hh + b_u))
    h' = (1 - z) * n + z * h
    """
    assert message(text) == textwrap.dedent(
        """\
        gru, line 3: 'hh' is not a name here
            n  = tanh(W_n x + b_n + r * (U_n hh + b_u))
                                             ^^
          names so far: x, h, r, z      did you mean 'h'?"""
    )


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("# " + "x" * MOST_BYTES, "the text is longer than 64 KiB, the most a cell may have"),
        (
            "h' = " + "(" * (MOST_DEPTH + 1),
            DEEP,
        ),
        (
            "h' = " + "-" * (MOST_DEPTH + 1) + "x",
            DEEP,
        ),
        (
            "h' = " + "W " * (MOST_DEPTH + 1) + "x",
            DEEP,
        ),
        (
            "\n".join("r = x + x" for _ in range(129)),
            "more than 512 names, numbers and operators, the most for a cell",
        ),
    ],
)
def test_what_is_too_large_is_refused(text: str, fact: str):
    with pytest.raises(EquationError) as error:
        Cell(text)
    assert error.value.fact == fact


def test_the_limits_are_those_the_messages_name():
    assert MOST_BYTES == 64 * 1024
    assert DEEP == "this is nested more than 100 deep, the most a cell may be"


def test_no_fact_of_the_language_is_left_without_a_message():
    """Every string that an error is made from shows up in a golden file or in this one."""
    shown = Path(__file__).read_text(encoding="utf-8")
    for path in (Path(__file__).parents[1] / "golden" / "equations").glob("*.txt"):
        shown += path.read_text(encoding="utf-8")
    folder = Path(elman.equations.__file__).parent
    for name in ("mistakes", "reading", "source", "declarations", "names", "sizes"):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        docs = {ast.get_docstring(n, clean=False) for n in ast.walk(tree) if has_docstring(n)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.strip(" '")
                told = " " in words and "lark" not in words and "{}" not in words
                if told and node.value not in docs:
                    assert words in shown, f"{name}.py: {words}"


def has_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
