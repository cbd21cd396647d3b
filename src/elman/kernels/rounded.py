"""The product of matrices that are rounded to bf16, in torch's own operations.

Sums are those of the type that the matrices have. The derivative rounds what it multiplies too, and
is made of the same product, so there are derivatives of any order.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def multiply(left: Tensor, right: Tensor) -> Tensor:
    """left (..., K) @ right (K, N), both rounded to the nearest bf16, ties to even."""
    return _Product.apply(left, right)  # pyright: ignore[reportReturnType]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(left: Tensor, right: Tensor) -> Tensor:
        return left.to(torch.bfloat16).to(left) @ right.to(torch.bfloat16).to(right)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (grad,), (left, right) = grads, ctx.saved_tensors
        first = multiply(grad, right.mT) if ctx.needs_input_grad[0] else None
        second = None
        if ctx.needs_input_grad[1]:
            second = multiply(left.flatten(0, -2).mT, grad.flatten(0, -2))
        return first, second
