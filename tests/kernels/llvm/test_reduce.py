"""Sums over steps and rows: what rounding loses within a block is added back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.equations import Cell
from elman.kernels import Arguments, compile
from elman.kernels.llvm.reduce import BLOCK, TILES
from zoo import WIDTHS, machine


@pytest.mark.parametrize("width", WIDTHS)
def test_large_numbers_that_cancel_do_not_take_small_ones_along(width):
    pattern = np.array([1e8, 1.0, -1e8, 1.0], dtype=np.float32)
    gradients = torch.tensor(np.resize(pattern, (BLOCK // 2, 2, 1)).repeat(5, axis=2))
    x = torch.zeros(BLOCK // 2, 2, 5)
    bias = torch.zeros(5, requires_grad=True)
    kernel = compile(Cell("h' = x + b").step, "llvm", machine(width))
    results = kernel(Arguments({"x": x}, {"h": torch.zeros(2, 5)}, {"b": bias}))
    (found,) = torch.autograd.grad(results.outputs["y"], bias, gradients)
    assert found.tolist() == [BLOCK / 2] * 5


@pytest.mark.parametrize("width", WIDTHS)
def test_an_infinite_sum_is_infinite_and_no_sum_is_not_a_number(width):
    gradients = torch.ones(3, 2, 5)
    gradients[1, 0] = torch.tensor([np.inf, -np.inf, np.nan, 3e38, 0])
    gradients[2, 1] = torch.tensor([1.0, -np.inf, 1.0, 3e38, 0])
    x, bias = torch.zeros(3, 2, 5), torch.zeros(5, requires_grad=True)
    kernel = compile(Cell("h' = x + b").step, "llvm", machine(width))
    results = kernel(Arguments({"x": x}, {"h": torch.zeros(2, 5)}, {"b": bias}))
    (found,) = torch.autograd.grad(results.outputs["y"], bias, gradients)
    want = [np.inf, -np.inf, np.nan, np.inf, 4.0]
    np.testing.assert_array_equal(found.numpy(), np.array(want, dtype=np.float32))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("units", [1, 3, 9, 21])
def test_a_matrix_of_what_never_changes_has_a_gradient_without_loss(width, units):
    pattern = np.array([1e8, 1.0, -1e8, 1.0], dtype=np.float32)
    gradients = torch.tensor(np.resize(pattern, (BLOCK // 2, 2, 1)).repeat(units, axis=2))
    gradients *= torch.arange(1, units + 1)
    x, p = torch.zeros(BLOCK // 2, 2, units), torch.arange(2.0, 2 + units)
    matrix = torch.zeros(units, units, requires_grad=True)
    kernel = compile(Cell("param p[H]\nh' = x + M p").step, "llvm", machine(width))
    given = Arguments({"x": x}, {"h": torch.zeros(2, units)}, {"p": p, "M": matrix})
    (found,) = torch.autograd.grad(kernel(given).outputs["y"], matrix, gradients)
    want = torch.outer(torch.arange(1.0, units + 1), p) * (BLOCK / 2)
    assert torch.equal(found, want)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["f32", "f64", "pairs"])
@pytest.mark.parametrize(
    "units, columns, steps, rows",
    [(1, 1, 1, 1), (2, 3, 5, 1), (7, 17, 32, 2), (9, 33, 13, 5), (2 * TILES * 6 + 9, 18, 45, 3)],
)
def test_the_sum_of_outer_products_is_exact_where_rounding_cannot_be(
    width, kind, units, columns, steps, rows
):
    torch.manual_seed(units)
    dtype = torch.float64 if kind == "f64" else torch.float32
    x, gradients = (
        torch.randint(-8, 9, (steps, rows, size)).to(dtype) for size in (columns, units)
    )
    matrix = torch.zeros(units, columns, dtype=dtype, requires_grad=True)
    kernel = compile(Cell("h' = M x").step, "llvm", machine(width), pairs=kind == "pairs")
    given = Arguments({"x": x}, {"h": torch.zeros(rows, units, dtype=dtype)}, {"M": matrix})
    (found,) = torch.autograd.grad(kernel(given).outputs["y"], matrix, gradients)
    assert torch.equal(found, torch.einsum("tru,trc->uc", gradients, x))
