"""The zoo's numbers: where a cell has kinks, no unit stands where rounding decides the side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zoo
from elman import cells
from elman.equations import Cell

KINK = Cell("h' = relu(W x + U h + b)", name="kink")
SHAPE = (3, 2, 4, 5)


def nearly_zero(case: zoo.Case, **parts: float) -> zoo.Case:
    return replace(case, fixed={**case.fixed, **{n: np.full(5, v) for n, v in parts.items()}})


def test_a_unit_at_a_kink_is_seen():
    case = zoo.case(KINK, SHAPE)
    still = replace(case, inputs={"x": 0 * case.inputs["x"]}, states={"h": 0 * case.states["h"]})
    assert zoo.is_clear(case)
    assert zoo.is_clear(nearly_zero(still, b=-1.0))
    assert not zoo.is_clear(nearly_zero(still, b=-1e-7))


def test_a_unit_that_comes_to_a_kink_later_is_seen():
    cell = Cell("h' = h - 0.5\ny = abs(h)", name="later")
    case = zoo.case(cell, SHAPE)
    assert zoo.is_clear(replace(case, states={"h": np.full((2, 5), 1.25)}))
    assert not zoo.is_clear(replace(case, states={"h": np.full((2, 5), 1.0)}))


@pytest.mark.parametrize("sign", ["max", "min"])
def test_equal_rivals_are_seen(sign):
    case = zoo.case(Cell(f"h' = {sign}(h, 0.5)", name="rivals"), (1, 2, 4, 5))
    assert not zoo.is_clear(replace(case, states={"h": np.full((2, 5), 0.5)}))


def test_the_side_of_a_product_is_that_of_its_factors():
    case = zoo.case(Cell("param p\nh' = 0.5\ny = relu(p * h)", name="product"), (1, 2, 4, 5))
    small = replace(case, states={"h": np.full((2, 5), 1e-4)}, fixed={"p": np.full(5, 1e-4)})
    assert zoo.is_clear(small)


def test_numbers_near_a_kink_are_drawn_again():
    shapes = [shape for shape in zoo.COVERING if shape[0] <= 17]
    first = [zoo._drawn(cells.get("nas"), shape, np.float32, 0, 0) for shape in shapes]
    assert not all(map(zoo.is_clear, first))
    assert all(zoo.is_clear(zoo.case(cells.get("nas"), shape, np.float32)) for shape in shapes)


def test_a_state_that_is_divided_by_is_positive():
    assert (zoo.case(cells.get("slstm"), SHAPE).states["n"] > 0).all()


def test_what_the_zoo_says_of_a_cell_is_about_one_of_the_shelf():
    assert {*zoo.POSITIVE, *zoo.LEAST, *zoo.CALM} <= {*cells.names()}
