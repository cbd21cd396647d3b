"""A static input beside x: every cell of the shelf takes one, and only where x is read."""

from __future__ import annotations

import pytest

from elman import Cell, cells
from elman.equations.static import with_static
from elman.errors import EquationError


def test_the_plain_network_becomes_the_captioner_of_the_lecture():
    text = with_static(Cell("h' = tanh(W x + U h + b)")).text
    assert text == "static v[F]\nh' = tanh(W x + V v + U h + b)\n"


@pytest.mark.parametrize("name", cells.names())
def test_every_cell_takes_a_static_input_for_each_matrix_of_x(name):
    cell = cells.get(name)
    seen = with_static(cell)
    more = [p for p in seen.parameters.values() if p.name not in cell.parameters]
    of_x = [p for p in cell.parameters.values() if f"{p.name} x" in cell.text]
    assert len(more) == len(of_x) >= 1 and all(p.shape[-1] == "F" for p in more)
    assert with_static(seen) is seen


def test_a_cell_that_applies_nothing_to_x_is_refused():
    with pytest.raises(EquationError, match="applies no matrix to x"):
        with_static(Cell("h' = tanh(x + U h)"))


def test_a_comment_may_speak_of_v():
    assert "V v" in with_static(Cell("# as v grows\nh' = tanh(W x + U h)")).text


@pytest.mark.parametrize("text", ["v' = tanh(W x + U v)", "param v\nh' = v * tanh(W x + U h)"])
def test_a_cell_with_a_v_of_its_own_is_refused(text):
    with pytest.raises(EquationError, match="has a v of its own: write 'static v"):
        with_static(Cell(text))
