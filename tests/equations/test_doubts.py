"""What looks like a slip is said, and what does not is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from elman import cells
from elman.equations import Cell

MUT1 = Path(__file__).parents[2] / "examples" / "mut1.eq"
GRU = """
r  = sigmoid(W_r x + U_r h + b_r)
z  = sigmoid(W_z x + {z} + b_z)
n  = tanh(W_n x + b_n + r * (U_n h + {u}))
h' = (1 - z) * n + z * h
"""

CASES = [
    (
        GRU.format(z="W_y h", u="b_u"),
        ["line 2: W_y applies to h, but W_r, W_z, W_n apply to x; is it U_y?"],
    ),
    (
        GRU.format(z="W_z h", u="b_u"),
        ["W_z applies to x in line 2 and to h in line 2; should these be two matrices?"],
    ),
    (
        GRU.format(z="U_R h", u="b_u"),
        ["U_r and U_R are two parameters; is one of them misspelt?"],
    ),
    (
        GRU.format(z="U_z h", u="b_N"),
        ["b_n and b_N are two parameters; is one of them misspelt?"],
    ),
    ("h' = tanh(U h + b)", ["nothing uses the input x"]),
    ("r = W x\nh' = V x + U h", ["line 1: nothing uses r"]),
    (GRU.format(z="U_z h", u="b_u"), []),
    ("h' = tanh(W_xh x + W_hh h)", []),
    ("h' = tanh(W x + U h) * w\nparam w", []),
    ("r = W_r x\nh' = r + W_q r + U h", []),
    ("y = V h\nh' = W x", []),
]


@pytest.mark.parametrize(("text", "doubts"), CASES)
def test_slips_are_doubted(text: str, doubts: list[str]):
    assert list(Cell(text).warnings) == doubts


@pytest.mark.parametrize("name", [*cells.names(), MUT1])
def test_nothing_on_the_shelf_is_doubted(name: str | Path):
    assert cells.get(name).warnings == ()
