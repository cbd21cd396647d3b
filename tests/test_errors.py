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


def test_an_equation_error_about_the_whole_text_has_no_place():
    error = EquationError("there is no equation", hints=("write h' = ...",))
    assert str(error) == "cell: there is no equation\n  write h' = ..."


def test_a_place_beyond_the_text_draws_no_caret():
    assert str(EquationError("unfinished", text="h' = (", line=2)) == "cell, line 2: unfinished"
