"""Errors speak to the person at the place where they erred."""

from __future__ import annotations

import inspect

import pytest

from elman import errors
from elman.errors import ElmanError, EquationError

FAMILY = [value for _, value in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", FAMILY)
def test_one_base_class_catches_the_family(kind):
    assert issubclass(kind, ElmanError)
    assert kind.__name__ in (errors.__doc__ or ""), "draw it in the tree at the top of errors.py"


def test_an_equation_error_points_at_its_place():
    error = EquationError(
        "'hh' is not a name here",
        text="r = sigmoid(x)\n\tn = tanh(hh)\n",
        line=2,
        column=11,
        width=2,
        cell="gru",
        hints=("names so far: x, h, r      did you mean 'h'?",),
    )

    assert str(error) == (
        "gru, line 2: 'hh' is not a name here\n"
        "     n = tanh(hh)\n"
        "              ^^\n"
        "  names so far: x, h, r      did you mean 'h'?"
    )


def shown(text: str, column: int, width: int = 1) -> tuple[str, str]:
    _, source, carets = str(
        EquationError("wrong", text=text, line=1, column=column, width=width)
    ).splitlines()
    return source, carets


@pytest.mark.parametrize("place", [0, 1, 40, 76, 500, 960, 998])
def test_of_a_long_line_the_part_around_the_place_is_shown(place):
    text = "." * place + "hh" + "." * (998 - place)
    source, carets = shown(text, place + 1, 2)
    assert len(source) == 80
    assert source[carets.index("^") :].startswith("hh") and carets.endswith(" ^^")


def test_what_was_cut_off_a_line_is_marked():
    text = "".join(f" + h{n:03d}" for n in range(100))
    assert shown(text, text.index("h050") + 1, 4) == (
        "    ...45 + h046 + h047 + h048 + h049 + h050 + h051 + h052 + h053 + h054 + h0...",
        "                                        ^^^^",
    )
    assert shown("h" * 76, 76) == ("    " + "h" * 76, " " * 79 + "^")
    assert not shown(text, 4, 4)[0].startswith("    ...")
    assert not shown(text, len(text), 1)[0].endswith("...")


def test_a_place_wider_than_what_is_shown_has_carets_to_its_edge():
    source, carets = shown("h' = " + "a" * 5000, 6, 5000)
    assert source.startswith("    h' = aaa") and source.endswith("aaa...")
    assert carets == " " * 9 + "^" * 71


def test_of_a_long_word_both_ends_are_shown():
    word = "1" * 5000
    error = EquationError(f"'{word}' cannot stand here", hints=(f"write {word} * x",))
    ones = "1" * 29
    assert str(error) == (
        f"cell: '{ones}...{'1' * 14}' cannot stand here\n  write 1{ones}...{'1' * 15} * x"
    )


def test_an_equation_error_about_the_whole_text_has_no_place():
    error = EquationError("there is no equation", hints=("write h' = ...",))
    assert str(error) == "cell: there is no equation\n  write h' = ..."


def test_a_place_beyond_the_text_draws_no_caret():
    assert str(EquationError("unfinished", text="h' = (", line=2)) == "cell, line 2: unfinished"
