"""One call of compiled code: its tensors are made, bound to the buffers of a plan, and handed over.

In: arguments, and for the way back what the forward pass made and the gradients that arrive. Out:
tensors by name. Where each number lies in memory is said here, once for every kind of call; how it
is found is in `addresses`.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from elman.derive import prefixed
from elman.graph import Node, counter
from elman.graph.step import Step
from elman.kernels.kernel import Arguments, Sizes
from elman.kernels.llvm.frame import Address, Neighbor
from elman.kernels.llvm.run import Bound, Call, Compiled, Kind, by_row, by_step
from elman.kernels.rows import Rows
from elman.kernels.stages import Buffer, Plan

Tensors = Mapping[str, Tensor]
Maybe = Mapping[str, Tensor | None]


@dataclass(frozen=True)
class Gradients:
    """What arrives on the way back: at the last states, and at the buffers a caller sees."""

    final: Maybe
    visible: Maybe


class Kernel(Protocol):
    """What a call needs of the kernel that it belongs to."""

    step: Step
    sizes: Sizes

    @property
    def forward_plan(self) -> Plan: ...
    def compiled(self, dtype: torch.dtype, part: str) -> Compiled: ...


def forward(kernel: Kernel, arguments: Arguments, training: bool) -> tuple[Tensors, Tensors]:
    """The last states, and every buffer that is filled; see `LLVM.forward`."""
    call = _Bind(kernel, arguments)
    compiled = kernel.compiled(call.like.dtype, "forward")
    made: dict[str, Tensor] = {}
    scraps: list[Buffer] = []
    for buffer in compiled.plan.buffers:
        size = call.sizes[buffer.size]
        if buffer.space in ("output", "next"):
            made[buffer.name] = call.rows.room(call.like, size)
        elif buffer.space == "kept" and training:
            made[buffer.name] = call.like.new_empty((*call.rows.shape, size))
        elif buffer.space == "kept":
            scraps.append(buffer)
    call.tensors.update((MADE + name, tensor) for name, tensor in made.items())
    for buffer in scraps:
        size = call.sizes[buffer.size]
        call.tensors[SCRAP + buffer.name] = call.like.new_empty(call.rows.rows, size)

    def kind() -> Kind:
        buffers = {name: call.by_step(name, MADE) for name in made}
        buffers |= {buffer.name: call.by_row(buffer.name, SCRAP) for buffer in scraps}
        return Kind({**buffers, **call.leaves()})

    compiled(call.call, call.tensors, (call.shapes, training), kind)
    final = {n: _final(call.rows, made[call.history(n)], call.given[n]) for n in call.states}
    return final, made


def backward(
    kernel: Kernel, arguments: Arguments, made: Tensors, gradients: Gradients, needed: set[str]
) -> Tensors:
    """The gradient of every tensor that needs one; see `LLVM.backward`."""
    call = _Bind(kernel, arguments)
    made = {name: tensor.contiguous() for name, tensor in made.items()}  # hooks may have changed it
    visited = any(gradients.visible.get(f"{name}'") is not None for name in call.states)
    compiled = kernel.compiled(call.like.dtype, "backward_all" if visited else "backward")
    call.tensors.update((MADE + name, tensor) for name, tensor in made.items())
    arriving = [output.name for output in call.step.by_role("output")]
    arriving += [f"{name}'" for name in call.states] if visited else []
    for name in arriving:
        call.arrives(name, gradients.visible.get(name))
    for leaf in call.step.states:
        call.arrives(leaf.name, gradients.final[leaf.name])
        call.tensors[CARRY + leaf.name] = call.carry(leaf)
    found = _found(call, compiled.plan, needed)
    call.tensors.update((FOUND + name, tensor) for name, tensor in found.items())
    key = (call.shapes, call.layouts(arriving), tuple(made), frozenset(needed))

    def kind() -> Kind:
        return _backward_kind(call, compiled.plan, made, arriving, needed)

    compiled(call.call, call.tensors, key, kind)
    for name in call.states:
        carry, last = call.tensors[CARRY + name], gradients.final[name]
        found[name] = _first(call.rows, carry[0], last)
        if name in arguments.fresh:
            found[f"fresh {name}"] = _into_fresh(call.rows, carry)
    return {name: value for name, value in found.items() if name in needed}


# Tensors of a call by name: those that were given by their own, the rest with one of these before.
MADE, SCRAP, GRADIENT, CARRY, FOUND = "made ", "scrap ", "gradient ", "carry ", "found "
ZEROS = "no number"  # like the others, no name that an equation could have


class _Bind:
    """One call: its tensors by name, and where a plan's buffers lie in them."""

    def __init__(self, kernel: Kernel, arguments: Arguments) -> None:
        self.step: Step = kernel.step
        self.given = {name: _tidy(tensor) for name, tensor in arguments.all().items()}
        self.states = [leaf.name for leaf in self.step.states]
        self.rows: Rows = arguments.table(self.step)
        self.sizes = kernel.sizes.of(arguments, self.rows)
        self.like = next(iter(self.given.values()))
        stream = counter.stream_word(arguments.layer, arguments.direction, 0)
        self.call = Call(self.rows, self.sizes, arguments.seed, stream)
        zeros = _zeros(self.like.dtype, max(self.sizes.values()))
        self.tensors: dict[str, Tensor] = {**self.given, ZEROS: zeros}
        self.aliases = kernel.forward_plan.aliases

    @property
    def shapes(self) -> Hashable:
        """What decides where the tensors that were given lie."""
        sequences = tuple(self.given[leaf.name].stride() for leaf in self.step.inputs)
        return (*self.sizes.values(), self.rows.packed, len(self.given), *sequences)

    def layouts(self, names: Sequence[str]) -> Hashable:
        """What decides where arriving gradients lie: their strides, nothing for none."""
        some = [self.tensors.get(GRADIENT + name) for name in (*names, *self.states)]
        return tuple(None if tensor is None else tensor.stride() for tensor in some)

    def history(self, state: str) -> str:
        """The buffer of a state's values after every step."""
        return self.aliases.get(f"{state}'", f"{state}'")

    def by_step(self, name: str, where: str = "", *more: Address, **facts: int | str) -> Bound:
        """A sequence of the call."""
        return by_step(where + name, self.tensors[where + name], *more, **facts)

    def by_row(self, name: str, where: str = "") -> Bound:
        """A tensor of the call with one vector for each row."""
        return by_row(where + name, self.tensors[where + name])

    def leaves(self) -> dict[str, Bound]:
        """Inputs, statics, states before the step, and parameters read by row."""
        found = {leaf.name: self.by_step(leaf.name) for leaf in self.step.inputs}
        found |= {leaf.name: self.by_row(leaf.name) for leaf in self.step.statics}
        for leaf in self.step.parameters:
            if len(leaf.shape) < 2:
                found[leaf.name] = Bound(leaf.name, 0, 0, Address.ROW)
        for name in self.states:
            start, fresh = self.given[name], f"fresh {name}"
            found[name] = self.by_step(
                self.history(name),
                MADE,
                neighbor=Neighbor.BEFORE,
                first=name,
                first_stride=start.stride(0) * start.element_size(),
                fresh=fresh if fresh in self.given else ZEROS,
            )
        return found

    def arrives(self, name: str, gradient: Tensor | None) -> None:
        """Take a gradient from outside, if there is one."""
        if gradient is not None:
            self.tensors[GRADIENT + name] = _tidy(gradient)

    def from_outside(self, name: str) -> Bound:
        """A gradient at every step, or zeros in its place."""
        if GRADIENT + name in self.tensors:
            return self.by_step(name, GRADIENT)
        return Bound(ZEROS, 0, 0, Address.ROW)

    def carry(self, leaf: Node) -> Tensor:
        """The gradient of a state on its way back: two steps' worth, in turn.

        Where what a reset puts the state back to is learned, all steps' worth: what arrives at a
        reset belongs to it.
        """
        steps = max(self.rows.steps, 2) if f"fresh {leaf.name}" in self.given else 2
        return self.like.new_zeros((steps, self.rows.rows, self.sizes[leaf.size]))

    def carried(self, state: str) -> dict[str, Bound]:
        """A gradient on its way back, as it comes from the step after and goes to this one."""
        last = self.tensors.get(GRADIENT + state)
        wrap = 1 if self.tensors[CARRY + state].shape[0] == 2 else -1
        after = self.by_step(
            state,
            CARRY,
            Address.INNER,
            wrap=wrap,
            neighbor=Neighbor.AFTER,
            first=ZEROS if last is None else GRADIENT + state,
            first_stride=0 if last is None else last.stride(0) * last.element_size(),
            fresh=ZEROS,
        )
        here = self.by_step(state, CARRY, Address.INNER, wrap=wrap)
        return {prefixed(state): after, prefixed(state) + "'": here}


def _found(call: _Bind, plan: Plan, needed: set[str]) -> dict[str, Tensor]:
    """Room for the gradients: sums over everything, sums over a row's steps, sequences.

    A sequence that nobody needs is written to one place again and again, a scrap of the call.
    """
    found: dict[str, Tensor] = {}
    for output in plan.step.outputs:
        name = output.name.removeprefix(prefixed(""))
        if (output.role == "sum" and name in needed) or output.role == "row_sum":
            found[name] = torch.zeros_like(call.given[name])
        elif output.role == "output" and name in needed:
            new = torch.empty_like if call.rows.filled else torch.zeros_like
            found[name] = new(call.given[name])
        elif output.role == "output":
            size = call.given[name].shape[-1]
            call.tensors[SCRAP + name] = call.like.new_empty((call.rows.rows, size))
    return found


def _backward_kind(
    call: _Bind, plan: Plan, made: Tensors, arriving: Sequence[str], needed: set[str]
) -> Kind:
    """Where the buffers of the way back lie."""
    buffers = call.leaves()
    buffers |= {alias: call.by_step(name, MADE) for alias, name in call.aliases.items()}
    buffers |= {name: call.by_step(name, MADE) for name in made}
    for name in arriving:
        state = name.removesuffix("'")
        target = f"grad_all_{state}" if state != name else prefixed(name)
        buffers[target] = call.from_outside(name)
    for name in call.states:
        buffers |= call.carried(name)
    sums: dict[str, str] = {}
    unwanted: set[str] = set()
    for output in plan.step.outputs:
        name = output.name.removeprefix(prefixed(""))
        if output.role == "sum" and name in needed:
            sums[output.name] = FOUND + name
        elif output.role == "row_sum":
            buffers[output.name] = call.by_row(name, FOUND)
        elif output.role == "output" and name in needed:
            buffers[output.name] = call.by_step(name, FOUND)
        elif output.role == "output":
            buffers[output.name] = call.by_row(name, SCRAP)
            unwanted.add(output.name)
    skipped = {
        stage.name
        for stage in plan.region("after")
        if stage.stores and all(buffer.name in unwanted for _, buffer in stage.stores)
    }
    return Kind(buffers, sums, frozenset(skipped))


@functools.lru_cache(maxsize=64)
def _zeros(dtype: torch.dtype, size: int) -> Tensor:
    """Zeros that are read where there is nothing."""
    return torch.zeros(size, dtype=dtype, device="cpu")


def _tidy(tensor: Tensor) -> Tensor:
    """Compiled code takes any strides but in the last axis."""
    packed = tensor.dim() == 0 or tensor.stride(-1) == 1 or tensor.shape[-1] == 1
    return tensor if packed and tensor.dim() in (0, 3) else tensor.contiguous()


def _final(rows: Rows, history: Tensor, start: Tensor) -> Tensor:
    """The state after each row's last step."""
    if rows.steps == 0:
        return start.clone()
    if rows.plain:
        return history[-1].clone()
    which, step, row = (torch.from_numpy(array) for array in rows.last)
    last = history[step, row]
    return start.index_copy(0, which, last) if rows.empty else last


def _first(rows: Rows, carry: Tensor, last: Tensor | None) -> Tensor:
    """The gradient of the start state: what arrived at the first step."""
    if rows.steps == 0:
        return torch.zeros_like(carry) if last is None else last
    if rows.reset is None and not rows.empty:
        return carry
    empty = torch.from_numpy(rows.length == 0)
    start = carry.clone()
    order = torch.from_numpy(rows.order)
    if empty.any():
        start[order[empty]] = 0 if last is None else last[order[empty]]
    if rows.reset is not None:
        places = torch.from_numpy(rows.start)
        flags = torch.from_numpy(rows.reset)[places, order].bool() & ~empty
        start[order[flags]] = 0
    return start


def _into_fresh(rows: Rows, carry: Tensor) -> Tensor:
    """The gradient of what resets put a state back to: all that arrived at a reset.

    The carry is counted in steps of the row, the resets in places of the batch.
    """
    if rows.reset is None:
        return carry.new_zeros(carry.shape[-1])
    steps = torch.arange(rows.steps, device="cpu")[:, None]
    places = torch.from_numpy(rows.start) + torch.from_numpy(rows.direction) * steps
    order = torch.from_numpy(rows.order)
    inside = steps < torch.from_numpy(rows.length)
    flags = torch.from_numpy(rows.reset)[places.clamp(0, rows.steps - 1), order].bool() & inside
    step, row = flags.nonzero(as_tuple=True)
    return carry[step, order[row]].sum(0)
