"""Sizes follow from the equations."""

from __future__ import annotations

from pathlib import Path

import pytest

from elman import cells
from elman.equations import Cell

MUT1 = Path(__file__).parents[2] / "examples" / "mut1.eq"
H, D, R, F = "H", "D", "R", "F"

CASES = [
    ("h' = tanh(W x + U h + b)", {"W": (H, D), "U": (H, H), "b": (H,)}),
    ("h' = U tanh(V x)", {"U": (H, H), "V": (H, D)}),  # rows of V: free, so H
    ("h' = W^T tanh(W x)", {"W": (H, H), "x": (H,)}),  # D = H
    ("h' = W x + U^T h", {"U": (H, H)}),
    ("a = W x\nh' = h * mean(a * x)", {"W": (D, D), "a": (D,)}),
    ("state m[R]\nm' = P h + m\nh' = Q m' + W x", {"P": (R, H), "Q": (H, R), "m": (R,)}),
    ("state c[R]\nc' = W x\nh' = P tanh(c')", {"W": (R, D), "P": (H, R)}),
    ("state h[R]\nc' = W x + U h\nh' = P tanh(c')", {"W": (H, D), "U": (H, R), "P": (R, H)}),
    ("static v[F]\nh' = W x + V v", {"V": (H, F), "v": (F,)}),
    ("input u[E], dt[]\nh' = dt * U u", {"U": (H, "E"), "dt": ()}),
    ("input u\nh' = u", {"u": (H,)}),
    ("param W[R, D]\nh' = U tanh(W x)", {"W": (R, D), "U": (H, R)}),
    ("param p[R], V[H, R]\nh' = V p", {"V": (H, R)}),
    ("param p, a[]\nk = 2 * a\nh' = k * p * h", {"p": (H,), "a": (), "k": ()}),
    ("param p\nh' = W (p * x)", {"p": (D,), "W": (H, D)}),
    ("r = sigmoid(b)\nh' = W (r * x)", {"b": (D,), "r": (D,)}),
    ("r = layernorm(W x)\nh' = r + U h", {"W": (H, D)}),
    ("h' = 0", {"h": (H,)}),
    ("h' = where(mean(h) > 0, b_1, W x)", {"b_1": (H,), "W": (H, D)}),
]


@pytest.mark.parametrize(("text", "shapes"), CASES)
def test_sizes_unify(text: str, shapes: dict[str, tuple[str, ...]]):
    found = Cell(text).sizes.shapes
    assert {name: found[name] for name in shapes} == shapes


@pytest.mark.parametrize(
    "text",
    [
        "h' = h + x",
        "h' = tanh(U h + tanh(x) + b)",
        "a = sigmoid(b)\nh' = a * h + W (a * x)",
        "h' = W x + W h",
        "c' = W x\nh' = where(x > 0, c', h)",
        "param W[H, D]\nh' = W h",
        "state m[D]\nm' = h\nh' = U h",
    ],
)
def test_x_beside_a_state_requires_equal_sizes(text: str):
    cell = Cell(text)
    assert cell.sizes.requires == {("D", "H")}
    assert cell.sizes.shapes["x"] == ("H",)


def test_few_cells_of_the_shelf_need_an_input_as_wide_as_the_state():
    # those in which the papers' x meets the state without a matrix
    found = {name for name in cells.names() if cells.get(name).sizes.requires}
    assert found == {"mut1", "mut2", "rglru"}


def test_mut1_needs_an_input_as_wide_as_its_state():
    assert cells.get(MUT1).sizes.requires == {("D", "H")}
