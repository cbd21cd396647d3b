"""Equations print as a paper would print them."""

from __future__ import annotations

import re

import pytest

from elman import cells
from elman.equations import Cell
from elman.equations.latex import symbol


def test_gru_prints_as_in_a_paper():
    assert cells.get("gru").to_latex() == (
        "\\begin{aligned}\n"
        "r_t &= \\sigma(W_r x_t + U_r h_{t-1} + b_r) \\\\\n"
        "z_t &= \\sigma(W_z x_t + U_z h_{t-1} + b_z) \\\\\n"
        "n_t &= \\tanh(W_n x_t + b_n + r_t \\odot (U_n h_{t-1} + b_u)) \\\\\n"
        "h_t &= (1 - z_t) \\odot n_t + z_t \\odot h_{t-1}\n"
        "\\end{aligned}\n"
    )


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("W^T h", r"W^\top h_{t-1}"),
        ("a / (1 + h)", r"\frac{a}{1 + h_{t-1}}"),
        ("tanh(a / h)", r"\tanh\left(\frac{a}{h_{t-1}}\right)"),
        ("sqrt(abs(h)) - (x - h)", r"\sqrt{\left|h_{t-1}\right|} - (x_t - h_{t-1})"),
        ("2 * a * h", r"2 \cdot a \cdot h_{t-1}"),
        ("mean(h) * h + v * h", r"\operatorname{mean}(h_{t-1}) \cdot h_{t-1} + v \odot h_{t-1}"),
        ("-(h * 1e-5)", r"-(h_{t-1} \cdot 1 \cdot 10^{-5})"),
        (
            "where(h <= 0, 1, W (-x))",
            r"\begin{cases} 1 & \text{if } h_{t-1} \le 0 \\ "
            r"W (-x_t) & \text{otherwise} \end{cases}",
        ),
        ("hard_sigmoid(max(h, 0))", r"\operatorname{hard\_sigmoid}(\max(h_{t-1}, 0))"),
    ],
)
def test_expressions_print_in_mathematics(text: str, latex: str):
    declared = {"a": "param a[]\n", "v": "static v[H]\n"}
    head = "".join(line for name, line in declared.items() if name in re.findall(r"\w+", text))
    cell = Cell(f"{head}h' = {text}")
    assert cell.to_latex() == f"\\begin{{aligned}}\nh_t &= {latex}\n\\end{{aligned}}\n"


@pytest.mark.parametrize(
    ("name", "when", "latex"),
    [
        ("h", "t", "h_t"),
        ("W", "", "W"),
        ("W_xr", "", "W_{xr}"),
        ("b_in", "t-1", "b_{in, t-1}"),
        ("h2", "t", "h_{2, t}"),
        ("alpha", "t", r"\alpha_t"),
        ("gate_forget", "t", r"\mathrm{gate}_{\mathrm{forget}, t}"),
        ("z_a_b", "", r"z_{\mathrm{a\_b}}"),
        ("x_", "t", "x_t"),
    ],
)
def test_names_become_symbols(name: str, when: str, latex: str):
    assert symbol(name, when) == latex
