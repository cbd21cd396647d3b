"""A call of compiled code as an operation that torch's autograd knows.

Saved values go through torch's own saved tensors, so `retain_graph` works and memory is freed when
torch frees it. A second derivative is handed to the eager target.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from elman.kernels.eager import Eager
from elman.kernels.kernel import Arguments
from elman.kernels.llvm import bind
from elman.kernels.llvm.again import Again
from elman.kernels.members import each

Maybe = Sequence[Tensor | None]


class Run(torch.autograd.Function):
    """One call: the last states, then the visible buffers, in this order."""

    @staticmethod
    def forward(
        ctx: Any,
        kernel: bind.Kernel,
        arguments: Arguments,
        names: tuple[str, ...],
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        final, made, recipe = bind.forward(kernel, arguments, True)
        ctx.set_materialize_grads(False)
        # autograd keeps the tensors, and lets them go when nobody needs them any more
        ctx.kernel, ctx.arguments, ctx.names = kernel, arguments.hollow(), names
        ctx.made = tuple(made)
        kept = (*tensors, *made.values())
        ctx.place = bind.Place(recipe, [tensor.data_ptr() for tensor in kept])
        ctx.save_for_backward(*kept)
        return (*final.values(), *(made[name] for name in kernel.visible))

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor | None) -> tuple[Tensor | None, ...]:
        kernel: bind.Kernel = ctx.kernel
        saved, needs = list(ctx.saved_tensors), ctx.needs_input_grad[3:]
        given = dict(zip(ctx.names, saved, strict=False))
        arguments: Arguments = ctx.arguments.having(given)
        needed = {name for name, need in zip(ctx.names, needs, strict=True) if need}
        gradients = bind.arrived_at(kernel, arrived)
        if not is_usual(arrived):
            found = in_torch(kernel, arguments, gradients, needed)
        else:
            made = dict(zip(ctx.made, saved[len(given) :], strict=True))
            passed = bind.Passed(arguments, made, ctx.place)
            found = bind.backward(kernel, passed, gradients, needed)
        return (None, None, None, *(found.get(name) for name in ctx.names))


class Repeated(torch.autograd.Function):
    """The same for a call that was made before, with as little as can be in between."""

    @staticmethod
    def forward(ctx: Any, again: Again, *tensors: Tensor) -> tuple[Tensor, ...]:
        seen, made = again.run(tensors)
        ctx.set_materialize_grads(False)
        kept = (*tensors, *made)
        ctx.again, ctx.places = again, [tensor.data_ptr() for tensor in kept]
        ctx.save_for_backward(*kept)
        return seen

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor | None) -> tuple[Tensor | None, ...]:
        again: Again = ctx.again
        saved, needs = ctx.saved_tensors, ctx.needs_input_grad[1:]
        # hooks on saved tensors, or `data`, may have put others in their place
        if is_usual(arrived) and [tensor.data_ptr() for tensor in saved] == ctx.places:
            return (None, *again.back(saved, arrived, needs))
        passed, needed = again.named(saved, needs)
        gradients = bind.arrived_at(again.kernel, arrived)
        if is_usual(arrived):
            found = bind.backward(again.kernel, passed, gradients, needed)
        else:
            found = in_torch(again.kernel, passed.arguments, gradients, needed)
        return (None, *(found.get(name) for name in again.names))


def is_usual(arrived: Maybe) -> bool:
    """Whether one gradient is wanted, and it is not to be differentiated itself."""
    return not (torch.is_grad_enabled() or any(map(_many, arrived)))


def _many(gradient: Tensor | None) -> bool:
    """Whether it is one of many gradients at once (`is_grads_batched`, `torch.vmap`), which has no
    memory.
    """
    known = torch._C._functorch  # pyright: ignore
    return gradient is not None and (
        known.is_legacy_batchedtensor(gradient) or known.is_batchedtensor(gradient)
    )


def standing_in(tensor: Tensor, need: bool) -> Tensor:
    """A tensor to differentiate by in the place of another.

    One tensor of a call may have come of another, as a state has of the weights. By that way too
    torch would go back, and the gradient would be there twice: here, and where the state goes back
    itself.
    """
    view = tensor.view_as(tensor)
    return view.requires_grad_() if need and not view.requires_grad else view


def in_torch(
    kernel: bind.Kernel, arguments: Arguments, gradients: bind.Gradients, needed: set[str]
) -> dict[str, Tensor | None]:
    """The gradient in torch's own operations, through the eager target: for a second derivative,
    and for many gradients at once.
    """
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
        views = {n: standing_in(tensor, n in needed) for n, tensor in arguments.all().items()}
        arguments = arguments.having(views)
        eager = partial(Eager(kernel.step, pairs=kernel.pairs), history=True)
        if arguments.members:
            results = each(lambda one, _: eager(one), arguments)
        else:
            results = eager(arguments)
        history = {f"{name}'": value for name, value in results.history.items()}
        outputs = {**history, **results.outputs}
        pairs = [(results.final[name], g) for name, g in gradients.final.items()]
        pairs += [(outputs[n], g) for n, g in gradients.visible.items() if n in outputs]
        pairs = [(output, g) for output, g in pairs if g is not None]
        given = arguments.all()
        wanted = [name for name in given if name in needed]
        found = torch.autograd.grad(
            [output for output, _ in pairs],
            [given[name] for name in wanted],
            [g for _, g in pairs],
            create_graph=differentiable,
            allow_unused=True,
        )
    return dict(zip(wanted, found, strict=True))
