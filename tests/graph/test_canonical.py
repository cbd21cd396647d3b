"""Two steps that differ in names and in the order of terms only have one fingerprint."""

from __future__ import annotations

import itertools

import pytest

from elman.equations import Cell
from elman.graph.canonical import fingerprint
from zoo import CELLS


def of(text: str) -> str:
    return fingerprint(Cell(text).step)


LSTM = """
f  = sigmoid(W_f x + U_f h + b_f)
i  = sigmoid(W_i x + U_i h + b_i)
c' = f * c + i * tanh(W_g x + U_g h)
h' = tanh(c')
"""
RENAMED = """
q  = sigmoid(A_q x + b_q + B_q m)
p  = sigmoid(B m + b + A x)
g  = tanh(C m + D x)
d' = g * p + d * q
m' = tanh(d')
"""


def test_names_and_order_do_not_count():
    assert of(LSTM) == of(RENAMED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("d * q", "d * p"),
        ("tanh(C m", "sin(C m"),
        ("B m + b", "B_q m + b"),
        ("B m + b", "B m - b"),
        ("tanh(d')", "tanh(d)"),
        ("g * p + d * q", "g * p - d * q"),
        ("C m + D x", "C m + D x + 0.5"),
    ],
)
def test_any_change_of_meaning_counts(old, new):
    assert old in RENAMED
    assert of(RENAMED.replace(old, new)) != of(LSTM)


def test_declared_sizes_are_names_too():
    one = "state m[R]\nm' = tanh(W x + U m)\ny = Q m'"
    other = "state k[P]\nk' = tanh(V k + A x)\ny = B k'"
    assert of(one) == of(other)
    assert of(one) != of("state m[H]\nm' = tanh(W x + U m)\ny = Q m'")


def test_parameters_that_look_alike_may_change_places():
    # p and q stand in places of one shape; which is which cannot matter, that there are two does
    both = "param p, q\nh' = p * tanh(W x + q) + q * tanh(W x + p)"
    assert of(both) == of("param q, k\nh' = k * tanh(W x + q) + q * tanh(W x + k)")
    assert of(both) != of("param p\nh' = p * tanh(W x + p) + p * tanh(W x + p)")


def test_division_and_comparison_have_an_order():
    assert of("h' = tanh(x / (2 + h * h))") != of("h' = tanh((2 + h * h) / x)")
    assert of("h' = where(x < h, x, h)") != of("h' = where(h < x, x, h)")
    assert of("h' = max(x, h)") == of("h' = max(h, x)")


def test_the_cells_of_the_zoo_that_are_one_are_found():
    # IRNN differs in its start alone; the LSTM without peepholes is the LSTM of today
    found: dict[str, set[str]] = {}
    for name, cell in CELLS.items():
        found.setdefault(fingerprint(cell.step), set()).add(name)
    twins = [names for names in found.values() if len(names) > 1]
    assert twins == [{"rnn_relu", "irnn"}, {"lstm", "lstm_np"}, {"mingru", "diagonal"}]


def test_lines_in_any_order_are_one_cell():
    lines = ["r = sigmoid(W_r x + U_r h)", "z = sigmoid(W_z x + U_z h)"]
    last = "h' = (1 - z) * tanh(W x + r * (U h)) + z * h"
    found = {of("\n".join([*order, last])) for order in itertools.permutations(lines)}
    assert len(found) == 1
