"""The `llvm` target: a step and its adjoint as machine code, joined to torch's autograd.

Forward and backward are two plans, compiled when first needed. Saved values go through torch's own
saved tensors, so `retain_graph` works and memory is freed when torch frees it. A second derivative
is handed to the eager target. What a call reads and writes is bound to memory in `bind`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from functools import partial
from threading import RLock
from typing import Any

import torch
from torch import Tensor

from elman.derive import Kept, keep, reverse
from elman.graph.step import Step
from elman.kernels.eager import Eager
from elman.kernels.kernel import Arguments, Results
from elman.kernels.llvm import bind
from elman.kernels.llvm.again import Again, wants_gradient
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.run import Compiled
from elman.kernels.llvm.stepping import Stepping
from elman.kernels.members import each
from elman.kernels.stages import Plan, lower

Tensors = Mapping[str, Tensor]


class LLVM:
    """A step as machine code for one processor, in fp32 and fp64.

    With `pairs`, products in fp32 are of numbers rounded to bf16.
    """

    def __init__(self, step: Step, machine: Machine | None = None, *, pairs: bool = False) -> None:
        self.step, self.pairs = step, pairs
        self.machine = machine or Machine.host()
        self.recipes = bind.Recipes()
        self._plan: Plan | None = None
        self._histories: dict[str, str] | None = None
        self._outputs = tuple(o.name for o in step.by_role("output"))
        self._recorded = tuple(o.name for o in step.by_role("recorded"))
        self._compiled: dict[tuple[torch.dtype, str], Compiled] = {}
        self._lock = RLock()  # threads may call a new layer at once

    @functools.cached_property
    def kept(self) -> Kept:
        """The step and its adjoint after the choice of what to save."""
        return keep(self.step, reverse(self.step))

    @functools.cached_property
    def kept_with_history(self) -> Kept:
        """The same where a gradient arrives at every state of every step."""
        names = tuple(leaf.name for leaf in self.step.states)
        return keep(self.step, reverse(self.step, injected=names))

    @property
    def forward_plan(self) -> Plan:
        """The layout of the forward pass."""
        if self._plan is None:
            self._plan = lower(self.kept.forward)
        return self._plan

    def compiled(self, dtype: torch.dtype, part: str) -> Compiled:
        """Machine code for `forward`, `backward` or `backward_all` in one type."""
        key = (dtype, part)
        with self._lock:
            if key not in self._compiled:
                plan = {
                    "forward": lambda: self.forward_plan,
                    "backward": lambda: lower(self.kept.adjoint, carried=True),
                    "backward_all": lambda: lower(self.kept_with_history.adjoint, carried=True),
                }[part]()
                backwards = part != "forward"
                self._compiled[key] = Compiled(
                    plan, dtype, self.machine, backwards=backwards, pairs=self.pairs
                )
            return self._compiled[key]

    def forward(self, arguments: Arguments, *, training: bool) -> tuple[Tensors, Tensors]:
        """The last states, and every buffer that the forward pass fills, by name.

        Buffers are those of `visible`, and in training what is kept for the way back.
        """
        return bind.forward(self, arguments, training)[:2]

    def backward(
        self, arguments: Arguments, made: Tensors, gradients: bind.Gradients, needed: set[str]
    ) -> Tensors:
        """The gradient of every tensor of the arguments that needs one, by name.

        `made` holds the buffers of the forward pass, `gradients` what arrives at the last states
        and at the visible buffers.
        """
        return bind.backward(self, arguments, made, gradients, needed)

    def stepping(self, arguments: Arguments) -> Stepping:
        """A step of a stream with these parameters, for as many rows as the arguments have."""
        return Stepping(self, arguments)

    @functools.cached_property
    def visible(self) -> tuple[str, ...]:
        """The buffers that a caller may see: outputs, recorded values, states as `h'`."""
        spaces = ("output", "next")
        return tuple(b.name for b in self.forward_plan.buffers if b.space in spaces)

    @property
    def histories(self) -> dict[str, str]:
        """The buffer of every state's values after every step."""
        if self._histories is None:
            aliases = self.forward_plan.aliases
            names = [leaf.name for leaf in self.step.states]
            self._histories = {name: aliases.get(f"{name}'", f"{name}'") for name in names}
        return self._histories

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences."""
        tensors = arguments.all()
        if wants_gradient(tensors.values()):
            packed = _Run.apply(self, arguments, tuple(tensors), *tensors.values())
            return self._results(*self._unpacked(packed), history)
        return self._results(*self.forward(arguments, training=False), history)

    def again(self, arguments: Arguments) -> Again:
        """Such a call, to be made again with other numbers."""
        return Again(self, arguments)

    def once_more(self, again: Again, tensors: Sequence[Tensor], history: bool) -> Results:
        """A call that was made before, with tensors that fit."""
        if again.training:
            packed = _Run.apply(self, again, again.names, *tensors)
            return self._results(*self._unpacked(packed), history)
        return self._results(*again.run(tensors), history)

    def _unpacked(self, packed: tuple[Tensor, ...]) -> tuple[Tensors, Tensors]:
        final = dict(zip(self.histories, packed, strict=False))
        return final, dict(zip(self.visible, packed[len(final) :], strict=True))

    def _results(self, final: Tensors, visible: Tensors, history: bool) -> Results:
        return Results(
            {name: visible[name] for name in self._outputs},
            final,
            {n: visible[buffer] for n, buffer in self.histories.items()} if history else {},
            {name: visible[name].detach() for name in self._recorded},
        )


class _Run(torch.autograd.Function):
    """One call: the last states, then the visible buffers, in this order."""

    @staticmethod
    def forward(
        ctx: Any,
        kernel: LLVM,
        call: Arguments | Again,
        names: tuple[str, ...],
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        if isinstance(call, Again):
            final, made = call.run(tensors)
            recipe, hollow = call.recipe, call.arguments
        else:
            final, made, recipe = bind.forward(kernel, call, True)
            hollow = call.hollow()
        ctx.set_materialize_grads(False)
        # autograd keeps the tensors, and lets them go when nobody needs them any more
        ctx.kernel, ctx.arguments, ctx.names = kernel, hollow, names
        ctx.made = tuple(made)
        kept = (*tensors, *made.values())
        ctx.place = bind.Place(recipe, [tensor.data_ptr() for tensor in kept])
        ctx.save_for_backward(*kept)
        return (*final.values(), *(made[name] for name in kernel.visible))

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor | None) -> tuple[Tensor | None, ...]:
        kernel: LLVM = ctx.kernel
        saved = list(ctx.saved_tensors)
        given = {name: saved.pop(0) for name in ctx.names}
        arguments: Arguments = ctx.arguments.having(given)
        needs = zip(ctx.names, ctx.needs_input_grad[3:], strict=True)
        needed = {name for name, need in needs if need}
        states = [leaf.name for leaf in kernel.step.states]
        final = dict(zip(states, arrived, strict=False))
        visible = dict(zip(kernel.visible, arrived[len(states) :], strict=True))
        gradients = bind.Gradients(final, visible)
        if torch.is_grad_enabled() or any(map(_many, arrived)):
            found = again(kernel, arguments, gradients, needed)
        else:
            made = dict(zip(ctx.made, saved, strict=True))
            found = bind.backward(kernel, arguments, made, gradients, needed, ctx.place)
        return (None, None, None, *(found.get(name) for name in ctx.names))


def _many(gradient: Tensor | None) -> bool:
    """Whether it is one of many gradients at once (`is_grads_batched`), which has no memory."""
    batched = torch._C._functorch.is_legacy_batchedtensor  # pyright: ignore
    return gradient is not None and batched(gradient)


def again(
    kernel: LLVM, arguments: Arguments, gradients: bind.Gradients, needed: set[str]
) -> dict[str, Tensor | None]:
    """The gradient in torch's own operations, through the eager target: for a second derivative,
    and for many gradients at once.
    """
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
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
