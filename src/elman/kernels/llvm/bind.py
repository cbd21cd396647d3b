"""One call of compiled code: its tensors are made, bound to the buffers of a plan, and handed over.

In: arguments, and for the way back what the forward pass made and the gradients that arrive. Out:
tensors by name. Where each number lies in memory is said here; how it is found is in `addresses`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from elman.derive import prefixed
from elman.graph import counter
from elman.graph.step import Step
from elman.kernels.kernel import Arguments, Sizes
from elman.kernels.llvm.frame import Address, Neighbor
from elman.kernels.llvm.run import Bound, Call, Compiled, by_row, by_step
from elman.kernels.rows import Rows
from elman.kernels.stages import Plan

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
    for buffer in compiled.plan.buffers:
        size = call.sizes[buffer.size]
        if buffer.space in ("output", "next") or (buffer.space == "kept" and training):
            seen = buffer.space != "kept"
            shape = (*call.rows.shape, size)
            made[buffer.name] = (
                call.rows.room(call.like, size) if seen else call.like.new_empty(shape)
            )
            call.bound[buffer.name] = by_step(made[buffer.name])
        elif buffer.space == "kept":
            call.bound[buffer.name] = by_row(call.hold(call.like.new_empty(call.rows.rows, size)))
    history = call.histories(made)
    call.bind_leaves(history)
    compiled(call.call, call.bound, call.parameters, {})
    final = {n: _final(call.rows, history[n], call.given[n]) for n in history}
    return final, made


def backward(
    kernel: Kernel, arguments: Arguments, made: Tensors, gradients: Gradients, needed: set[str]
) -> Tensors:
    """The gradient of every tensor that needs one; see `LLVM.backward`."""
    call = _Bind(kernel, arguments)
    states = [f"{leaf.name}'" for leaf in kernel.step.states]
    visited = any(gradients.visible.get(name) is not None for name in states)
    compiled = kernel.compiled(call.like.dtype, "backward_all" if visited else "backward")
    call.bind_leaves(call.histories(made))
    for alias, name in kernel.forward_plan.aliases.items():
        call.bound[alias] = by_step(made[name])
    call.bound.update((name, by_step(tensor)) for name, tensor in made.items())
    for output in kernel.step.by_role("output"):
        call.bind_arriving(prefixed(output.name), gradients.visible.get(output.name))
    for leaf in kernel.step.states if visited else ():
        arriving = gradients.visible.get(f"{leaf.name}'")
        call.bind_arriving(f"grad_all_{leaf.name}", arriving)
    carries = {
        leaf.name: call.bind_carry(leaf.name, leaf.size, gradients.final[leaf.name])
        for leaf in kernel.step.states
    }
    targets = _Targets(call, needed)
    for output in compiled.plan.step.outputs:
        targets.bind(output.name, output.role)
    skip = {
        stage.name
        for stage in compiled.plan.region("after")
        if stage.stores and all(buffer.name in targets.unwanted for _, buffer in stage.stores)
    }
    compiled(call.call, call.bound, call.parameters, targets.sums, frozenset(skip))
    found = targets.found
    for name, carry in carries.items():
        found[name] = _first(call.rows, carry[0], gradients.final[name])
        if name in arguments.fresh:
            found[f"fresh {name}"] = _into_fresh(call.rows, carry)
    return {name: value for name, value in found.items() if name in needed}


class _Bind:
    """The places of one call's buffers, and what must stay alive until it is over."""

    def __init__(self, kernel: Kernel, arguments: Arguments) -> None:
        self.step: Step = kernel.step
        self.given = {name: _tidy(tensor) for name, tensor in arguments.all().items()}
        self.arguments = arguments
        self.rows: Rows = arguments.table(self.step)
        self.sizes = kernel.sizes.of(arguments, self.rows)
        self.like = next(iter(self.given.values()))
        stream = counter.stream_word(arguments.layer, arguments.direction, 0)
        self.call = Call(self.rows, self.sizes, arguments.seed, stream)
        self.parameters = {leaf.name: self.given[leaf.name] for leaf in self.step.parameters}
        self.zeros = self.like.new_zeros(max(self.sizes.values()))
        self.bound: dict[str, Bound] = {}
        self._held: list[Tensor] = []
        self._plan = kernel.forward_plan

    def hold(self, tensor: Tensor) -> Tensor:
        """The tensor, kept until the call is over."""
        self._held.append(tensor)
        return tensor

    def histories(self, made: Tensors) -> Tensors:
        """The buffer of every state's values after every step."""
        aliases = self._plan.aliases
        names = {leaf.name: f"{leaf.name}'" for leaf in self.step.states}
        return {state: made[aliases.get(name, name)] for state, name in names.items()}

    def bind_leaves(self, histories: Tensors) -> None:
        """Inputs, statics, states before the step, and parameters read by row."""
        given, bound = self.given, self.bound
        for leaf in self.step.inputs:
            bound[leaf.name] = by_step(given[leaf.name])
        for leaf in self.step.statics:
            bound[leaf.name] = by_row(given[leaf.name])
        for leaf in self.step.parameters:
            if len(leaf.shape) < 2:
                bound[leaf.name] = Bound(given[leaf.name].data_ptr(), 0, 0, Address.ROW)
        for leaf in self.step.states:
            start = given[leaf.name]
            bound[leaf.name] = by_step(
                histories[leaf.name],
                neighbor=Neighbor.BEFORE,
                first=start.data_ptr(),
                first_stride=start.stride(0) * start.element_size(),
                fresh=given.get(f"fresh {leaf.name}", self.zeros).data_ptr(),
            )

    def bind_arriving(self, name: str, gradient: Tensor | None) -> None:
        """A gradient from outside, or zeros in its place."""
        if gradient is None:
            self.bound[name] = Bound(self.zeros.data_ptr(), 0, 0, Address.ROW)
        else:
            self.bound[name] = by_step(self.hold(_tidy(gradient)))

    def bind_carry(self, name: str, size: str, last: Tensor | None) -> Tensor:
        """The gradient of a state on its way back: two steps' worth, in turn.

        Where what a reset puts the state back to is learned, all steps' worth: what arrives at a
        reset belongs to it.
        """
        steps = max(self.rows.steps, 2) if f"fresh {name}" in self.given else 2
        carry = self.like.new_zeros((steps, self.rows.rows, self.sizes[size]))
        last = None if last is None else self.hold(last.contiguous())
        wrap = 1 if steps == 2 else -1
        self.bound[prefixed(name)] = by_step(
            carry,
            Address.INNER,
            wrap=wrap,
            neighbor=Neighbor.AFTER,
            first=self.zeros.data_ptr() if last is None else last.data_ptr(),
            first_stride=0 if last is None else last.stride(0) * last.element_size(),
            fresh=self.zeros.data_ptr(),
        )
        self.bound[prefixed(name) + "'"] = by_step(carry, Address.INNER, wrap=wrap)
        return carry


class _Targets:
    """Tensors for the gradients: sums over everything, sums over a row's steps, sequences."""

    def __init__(self, call: _Bind, needed: set[str]) -> None:
        self.call, self.needed = call, needed
        self.sums: dict[str, Tensor] = {}
        self.found: dict[str, Tensor] = {}
        self.unwanted: set[str] = set()

    def bind(self, output: str, role: str) -> None:
        """A place for one output of the adjoint."""
        call, name = self.call, output.removeprefix(prefixed(""))
        if role == "sum" and name in self.needed:
            like = call.given[name]
            self.found[name] = self.sums[output] = like.new_zeros(like.shape)
        elif role == "row_sum":
            like = call.given[name]
            self.found[name] = like.new_zeros(like.shape)
            call.bound[output] = by_row(self.found[name])
        elif role == "output":
            self._bind_sequence(output, name)

    def _bind_sequence(self, output: str, name: str) -> None:
        call = self.call
        like = call.given[name]
        if name in self.needed:
            rows = call.rows
            new = torch.empty_like if rows.whole or rows.packed else torch.zeros_like
            self.found[name] = new(like)
            call.bound[output] = by_step(self.found[name])
        else:
            scrap = call.hold(like.new_empty((call.rows.rows, like.shape[-1])))
            call.bound[output] = by_row(scrap)
            self.unwanted.add(output)


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
