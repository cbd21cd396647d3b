"""Products of rounded matrices in torch's own operations."""

from __future__ import annotations

import torch

from elman.kernels.rounded import multiply


def rounded(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.bfloat16().to(tensor.dtype)


def test_the_product_and_its_derivative_are_of_rounded_numbers():
    torch.manual_seed(0)
    left = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    right = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    arrived = torch.randn(2, 3, 4, dtype=torch.float64)
    made = multiply(left, right)
    made.backward(arrived)

    torch.testing.assert_close(made, rounded(left) @ rounded(right))
    torch.testing.assert_close(left.grad, rounded(arrived) @ rounded(right).T)
    flat = rounded(left).flatten(0, 1).T @ rounded(arrived).flatten(0, 1)
    torch.testing.assert_close(right.grad, flat)


def test_it_can_be_differentiated_again():
    left = torch.ones(2, 2, requires_grad=True)
    (first,) = torch.autograd.grad(multiply(left, left).sum(), left, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), left)

    assert torch.equal(second, torch.full((2, 2), 4.0))
