"""Machine code as operations of torch's library, for whoever must look into a graph.

`torch.compile`, `torch.export` and dispatch modes cannot trace compiled code. They see
`elman::recur` and `elman::recur_backward` instead: functions of tensors, of the equations as text,
and of a few facts, with rules for the shapes of what they give. Plain calls do not come here, for
an operation of the library costs several times as much to call (see `llvm.kernel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from elman.kernels.compile import compile
from elman.kernels.kernel import Arguments, Results, sizes_of
from elman.kernels.llvm import LLVM
from elman.kernels.llvm.bind import Gradients
from elman.kernels.rows import Sequences
from elman.kernels.variant import Variant


def run_watched(
    variant: str, arguments: Arguments, sequences: Sequences, seed: Tensor | None
) -> Results:
    """A step over sequences, through the library."""
    tensors = list(arguments.all().values())
    grads = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    made: list[Tensor] = torch.ops.elman.recur(
        variant, tensors, bool(arguments.fresh), seed, sequences.lengths, sequences.reset,
        sequences.sizes, arguments.layer, bool(arguments.direction), grads,
    )  # fmt: skip
    states, outputs, history, recorded = _meaning(variant)
    final = dict(zip(states, made, strict=False))
    visible = made[len(states) :]
    return Results(
        {name: visible[index] for name, index in outputs},
        final,
        {name: visible[index] for name, index in history},
        {name: visible[index].detach() for name, index in recorded},
    )


Named = list[tuple[str, int]]


@torch.compiler.assume_constant_result  # pyright: ignore[reportUntypedFunctionDecorator]
def _meaning(variant: str) -> tuple[list[str], Named, Named, Named]:
    """The states of a variant, and which visible buffer holds which result."""
    kernel = _kernel(variant)
    step, aliases = kernel.step, kernel.forward_plan.aliases
    at = {name: index for index, name in enumerate(kernel.visible)}
    states = [leaf.name for leaf in step.states]
    history = [(name, at[aliases.get(f"{name}'", f"{name}'")]) for name in states]
    outputs = [(o.name, at[o.name]) for o in step.by_role("output")]
    return states, outputs, history, [(o.name, at[o.name]) for o in step.by_role("recorded")]


def _kernel(variant: str) -> LLVM:
    whole = Variant.from_text(variant)
    kernel = compile(whole.step, "llvm", pairs=whole.pairs)
    assert isinstance(kernel, LLVM)
    return kernel


def _arguments(
    variant: str, given: Sequence[Tensor], fresh: bool, seed: Tensor | None,
    lengths: Tensor | None, reset: Tensor | None, sizes: Tensor | None, layer: int,
    backwards: bool,
) -> Arguments:  # fmt: skip
    """A call's tensors by name again, with its table of rows."""
    step = Variant.from_text(variant).step
    rest = list(given)

    def take(names: list[str]) -> dict[str, Tensor]:
        return {name: rest.pop(0) for name in names}

    inputs, statics, states, parameters = (
        take([leaf.name for leaf in group])
        for group in (step.inputs, step.statics, step.states, step.parameters)
    )
    starts = take([leaf.name for leaf in step.states]) if fresh else {}
    first = next(iter(inputs.values()))
    rows = next(iter(states.values())).shape[0]
    steps = first.shape[0] if sizes is None else sizes.shape[0]
    sequences = Sequences(steps, rows, lengths, reset, sizes)
    table = None
    if type(first) is Tensor:  # a fake tensor has no lengths to read
        table = sequences.backwards if backwards else sequences.forwards
    number = 0 if seed is None or table is None else int(seed)
    return Arguments(
        inputs, states, parameters, statics, table, starts, number, layer, int(backwards)
    )


@torch.library.custom_op("elman::recur", mutates_args=())
def recur(
    variant: str, given: Sequence[Tensor], fresh: bool, seed: Tensor | None,
    lengths: Tensor | None, reset: Tensor | None, sizes: Tensor | None, layer: int,
    backwards: bool, training: bool,
) -> list[Tensor]:  # fmt: skip
    """The last states, the visible buffers and, in training, what is kept for the way back."""
    arguments = _arguments(variant, given, fresh, seed, lengths, reset, sizes, layer, backwards)
    final, made = _kernel(variant).forward(arguments, training=training)
    return [*final.values(), *(made[name] for name in _buffers(variant, training))]


@recur.register_fake
def _(
    variant: str, given: Sequence[Tensor], fresh: bool, seed: Tensor | None,
    lengths: Tensor | None, reset: Tensor | None, sizes: Tensor | None, layer: int,
    backwards: bool, training: bool,
) -> list[Tensor]:  # fmt: skip
    kernel = _kernel(variant)
    arguments = _arguments(variant, given, fresh, seed, lengths, reset, sizes, layer, backwards)
    numbers = sizes_of(kernel.step, arguments.all())
    axes = next(iter(arguments.inputs.values())).shape[:2]
    like = given[0]
    size = {buffer.name: numbers[buffer.size] for buffer in kernel.forward_plan.buffers}
    names = _buffers(variant, training)
    final = [torch.empty_like(tensor) for tensor in arguments.states.values()]
    return final + [like.new_empty((*axes, size[name])) for name in names]


def _buffers(variant: str, training: bool) -> list[str]:
    """What a forward pass fills, in the order in which the operation gives it."""
    kernel = _kernel(variant)
    spaces = ("kept",) if training else ()
    kept = [b.name for b in kernel.forward_plan.buffers if b.space in spaces]
    return [*kernel.visible, *kept]


@torch.library.custom_op("elman::recur_backward", mutates_args=())
def recur_backward(
    variant: str, given: Sequence[Tensor], made: Sequence[Tensor],
    gradients: Sequence[Tensor | None], needed: Sequence[bool], fresh: bool, seed: Tensor | None,
    lengths: Tensor | None, reset: Tensor | None, sizes: Tensor | None, layer: int,
    backwards: bool,
) -> list[Tensor]:  # fmt: skip
    """The gradients of the tensors in `given` that need one, in their order."""
    kernel = _kernel(variant)
    arguments = _arguments(variant, given, fresh, seed, lengths, reset, sizes, layer, backwards)
    states = list(arguments.states)
    arrived = Gradients(
        dict(zip(states, gradients, strict=False)),
        dict(zip(kernel.visible, gradients[len(states) :], strict=False)),
    )
    names = [name for name, need in zip(arguments.all(), needed, strict=True) if need]
    buffers = dict(zip(_buffers(variant, True), made, strict=True))
    found = kernel.backward(arguments, buffers, arrived, set(names))
    tensors = arguments.all()
    return [found.get(name, torch.zeros_like(tensors[name])) for name in names]


@recur_backward.register_fake
def _(
    variant: str, given: Sequence[Tensor], made: Sequence[Tensor],
    gradients: Sequence[Tensor | None], needed: Sequence[bool], fresh: bool, seed: Tensor | None,
    lengths: Tensor | None, reset: Tensor | None, sizes: Tensor | None, layer: int,
    backwards: bool,
) -> list[Tensor]:  # fmt: skip
    return [torch.empty_like(tensor) for tensor, need in zip(given, needed, strict=True) if need]


def _remember(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    variant, given, fresh, seed, lengths, reset, sizes, layer, backwards, _ = inputs
    states = len(Variant.from_text(variant).step.states)
    ctx.facts = (variant, fresh, layer, backwards)
    ctx.counts = (len(given), len(output) - states)
    ctx.needed = [tensor.requires_grad for tensor in given]
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*given, *output[states:], seed, lengths, reset, sizes)


def _go_back(ctx: Any, arrived: list[Tensor | None]) -> tuple[Any, ...]:
    variant, fresh, layer, backwards = ctx.facts
    saved = list(ctx.saved_tensors)
    count, buffers = ctx.counts
    given, made, (seed, lengths, reset, sizes) = (
        saved[:count], saved[count : count + buffers], saved[count + buffers :],
    )  # fmt: skip
    found = torch.ops.elman.recur_backward(
        variant, given, made, arrived, ctx.needed, fresh, seed, lengths, reset, sizes, layer,
        backwards,
    )  # fmt: skip
    rest = iter(found)
    gradients = [next(rest) if need else None for need in ctx.needed]
    return (None, gradients, *(None,) * 8)


recur.register_autograd(_go_back, setup_context=_remember)
