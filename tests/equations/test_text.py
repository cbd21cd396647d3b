"""Text and tree are two forms of one thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from elman import cells
from elman.equations import parse, to_text
from elman.equations.syntax import Equations, Expression
from elman.equations.text import expression_text, number_text
from made_up import EXPRESSIONS, TREES

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.eq"))


@given(TREES)
def test_a_printed_tree_parses_to_itself(tree: Equations):
    assert parse(to_text(tree)) == tree


@given(EXPRESSIONS)
def test_a_printed_expression_has_no_needless_change(value: Expression):
    text = expression_text(value)
    assert expression_text(parse(f"r = {text}").definitions[0].value) == text


@given(TREES)
def test_printing_twice_changes_nothing(tree: Equations):
    text = to_text(tree)
    assert to_text(parse(text)) == text


@pytest.mark.parametrize("name", cells.names())
def test_the_shelf_is_written_in_canonical_form(name: str):
    source = cells.get(name).source.text
    assert to_text(parse(source)) == source


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_written_in_canonical_form(path: Path):
    text = path.read_text(encoding="utf-8")
    assert str(cells.get(path)) == text


def test_what_a_person_types_is_put_in_order():
    typed = """

# a title

#and more


   r=sigmoid( (W_r@x) + (( U_r   h)) ) # a note
state m [ R ]=0,n   #  two
   # inside
c'  = f(a) * (tanh(x) *
     # between
     W^T   (h)
   )   # behind
   m' = 1.50 - (a + b) + (c * d) - -3 / (e / 2.) * (-(x)) ;"""[:-1]
    assert to_text(parse(typed)) == (
        "# a title\n"
        "\n"
        "#and more\n"
        "\n"
        "r  = sigmoid(W_r x + U_r h)  # a note\n"
        "state m[R] = 0, n  #  two\n"
        "# inside\n"
        "# between\n"
        "c' = f(a) * (tanh(x) * W^T h)  # behind\n"
        "m' = 1.5 - (a + b) + c * d - (-3) / (e / 2) * (-x)\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (0.5, "0.5"),
        (1e-5, "1e-5"),
        (1e15, "1000000000000000"),
        (1e16, "1e16"),
        (1e300, "1e300"),
    ],
)
def test_numbers_are_short(value: float, text: str):
    assert number_text(value) == text
