"""The `llvm` target: a step and its adjoint as machine code, joined to torch's autograd.

Forward and backward are two plans, compiled when first needed. Saved values go through torch's own
saved tensors, so `retain_graph` works and memory is freed when torch frees it. A second derivative
is handed to the eager target.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from elman.derive import Kept, keep, prefixed, reverse
from elman.graph import counter
from elman.graph.step import Step
from elman.kernels.eager import Eager
from elman.kernels.kernel import Arguments, Results, check_axes, common_dtype, sizes_of
from elman.kernels.llvm.frame import Address, Neighbor
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.run import Bound, Call, Compiled, by_row, by_step
from elman.kernels.rows import Rows
from elman.kernels.stages import Plan, lower

Tensors = Mapping[str, Tensor]


class LLVM:
    """A step as machine code for one processor, in fp32 and fp64."""

    def __init__(self, step: Step, machine: Machine | None = None) -> None:
        self.step = step
        self.machine = machine or Machine.host()
        self._compiled: dict[tuple[torch.dtype, str], Compiled] = {}

    @functools.cached_property
    def kept(self) -> Kept:
        """The step and its adjoint after the choice of what to save."""
        return keep(self.step, reverse(self.step))

    @functools.cached_property
    def kept_with_history(self) -> Kept:
        """The same where every state is visible at every step."""
        names = tuple(leaf.name for leaf in self.step.states)
        return keep(self.step, reverse(self.step, injected=names))

    @functools.cached_property
    def forward_plan(self) -> Plan:
        """The layout of the forward pass."""
        return lower(self.kept.forward)

    def compiled(self, dtype: torch.dtype, part: str) -> Compiled:
        """Machine code for `forward`, `backward` or `backward_all` in one type."""
        key = (dtype, part)
        if key not in self._compiled:
            plan = {
                "forward": lambda: self.forward_plan,
                "backward": lambda: lower(self.kept.adjoint, carried=True),
                "backward_all": lambda: lower(self.kept_with_history.adjoint, carried=True),
            }[part]()
            self._compiled[key] = Compiled(plan, dtype, self.machine, backwards=part != "forward")
        return self._compiled[key]

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences."""
        tensors = arguments.all()
        names = tuple(tensors)
        training = torch.is_grad_enabled() and any(t.requires_grad for t in tensors.values())
        packed = _Run.apply(self, arguments, history, training, names, *tensors.values())
        return self._unpack(list(packed), history)

    def _unpack(self, packed: list[Tensor], history: bool) -> Results:
        def take(names: list[str]) -> dict[str, Tensor]:
            return {name: packed.pop(0) for name in names}

        states = [leaf.name for leaf in self.step.states]
        outputs = take([o.name for o in self.step.by_role("output")])
        final = take(states)
        recorded = take([o.name for o in self.step.by_role("recorded")])
        return Results(outputs, final, take(states) if history else {}, recorded)


class _Run(torch.autograd.Function):
    """One call: outputs, final states, recorded values and (if asked) histories, in this order."""

    @staticmethod
    def forward(
        ctx: Any,
        kernel: LLVM,
        arguments: Arguments,
        history: bool,
        training: bool,
        names: tuple[str, ...],
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        given = {name: _tidy(tensor) for name, tensor in zip(names, tensors, strict=True)}
        call, rows = _call(kernel.step, arguments, given)
        made = _forward(kernel, call, given, training)
        final = {
            leaf.name: _final(rows, made[leaf.name + "'"], given[leaf.name])
            for leaf in kernel.step.states
        }
        outputs = [made[o.name] for o in kernel.step.by_role("output")]
        recorded = [made[o.name] for o in kernel.step.by_role("recorded")]
        histories = [made[leaf.name + "'"] for leaf in kernel.step.states] if history else []
        # a history that is the output too may not be returned twice as one tensor
        histories = [h.clone() if any(h is o for o in outputs) else h for h in histories]
        ctx.mark_non_differentiable(*recorded)
        ctx.set_materialize_grads(False)
        ctx.kernel, ctx.call, ctx.arguments, ctx.history = kernel, call, arguments, history
        ctx.names, ctx.made = names, tuple(made)
        ctx.save_for_backward(*given.values(), *made.values())
        return (*outputs, *final.values(), *recorded, *histories)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        saved = list(ctx.saved_tensors)
        given = {name: saved.pop(0) for name in ctx.names}
        needed = dict(zip(ctx.names, ctx.needs_input_grad[5:], strict=True))
        if torch.is_grad_enabled():
            found = _again(ctx, given, needed, gradients)
        else:
            made = dict(zip(ctx.made, saved, strict=True))
            found = _backward(ctx, given, made, needed, list(gradients))
        return (None,) * 5 + tuple(found.get(name) for name in ctx.names)


def _tidy(tensor: Tensor) -> Tensor:
    """Compiled code takes any strides but in the last axis."""
    packed = tensor.dim() == 0 or tensor.stride(-1) == 1 or tensor.shape[-1] == 1
    return tensor if packed and tensor.dim() in (0, 3) else tensor.contiguous()


def _call(step: Step, arguments: Arguments, given: Tensors) -> tuple[Call, Rows]:
    common_dtype(step, given)
    rows = arguments.table(step)
    check_axes(step, arguments, rows)
    stream = counter.stream_word(arguments.layer, arguments.direction, 0)
    return Call(rows, sizes_of(step, given), arguments.seed, stream), rows


def _forward(kernel: LLVM, call: Call, given: Tensors, training: bool) -> dict[str, Tensor]:
    """Everything the forward pass makes, by buffer name."""
    some = next(iter(given.values()))
    compiled = kernel.compiled(some.dtype, "forward")
    rows, plan = call.rows, compiled.plan
    made: dict[str, Tensor] = {}
    bound: dict[str, Bound] = {}
    create = some.new_empty if rows.whole else some.new_zeros
    for buffer in plan.buffers:
        if buffer.space in ("output", "next") or (buffer.space == "kept" and training):
            made[buffer.name] = create((*rows.shape, call.sizes[buffer.size]))
            bound[buffer.name] = by_step(made[buffer.name])
        elif buffer.space == "kept":
            scrap = some.new_empty((rows.rows, call.sizes[buffer.size]))
            made[f"{buffer.name} (not kept)"] = scrap
            bound[buffer.name] = by_row(scrap)
    for alias, name in plan.aliases.items():
        made[alias] = made[name]
    zeros = _zeros(some, call)
    bound |= _leaves(kernel.step, call, given, made, zeros)
    parameters = {leaf.name: given[leaf.name] for leaf in kernel.step.parameters}
    compiled(call, bound, parameters, {})
    return {name: tensor for name, tensor in made.items() if not name.endswith("(not kept)")}


def _leaves(
    step: Step, call: Call, given: Tensors, made: Tensors, zeros: Tensor
) -> dict[str, Bound]:
    """The places of inputs, statics, states before the step, and parameters read by row."""
    bound = {leaf.name: by_step(given[leaf.name]) for leaf in step.inputs}
    bound |= {leaf.name: by_row(given[leaf.name]) for leaf in step.statics}
    for leaf in step.parameters:
        if len(leaf.shape) < 2:
            bound[leaf.name] = Bound(given[leaf.name].data_ptr(), 0, 0, Address.ROW)
    for leaf in step.states:
        start = given[leaf.name]
        bound[leaf.name] = by_step(
            made[leaf.name + "'"],
            neighbor=Neighbor.BEFORE,
            first=start.data_ptr(),
            first_stride=start.stride(0) * start.element_size(),
            fresh=zeros.data_ptr(),
        )
    return bound


def _zeros(like: Tensor, call: Call) -> Tensor:
    """One row of zeros, as long as the longest vector."""
    return like.new_zeros(max(call.sizes.values()))


def _final(rows: Rows, history: Tensor, start: Tensor) -> Tensor:
    """The state after each row's last step."""
    if rows.steps == 0:
        return start.clone()
    if rows.whole and (rows.direction == 1).all():
        return history[-1].clone()
    final = start.clone()
    for r in range(rows.rows):
        if rows.length[r]:
            place = int(rows.start[r] + rows.direction[r] * (rows.length[r] - 1))
            row = int(rows.order[r])
            item = (int(rows.when[place]) + row, 0) if rows.packed else (place, row)
            final[row] = history[item]
    return final


def _again(
    ctx: Any, given: Tensors, needed: Mapping[str, bool], gradients: tuple[Tensor | None, ...]
) -> dict[str, Tensor | None]:
    """The gradient as a graph of its own, for a second derivative: through the eager target."""
    arguments: Arguments = ctx.arguments
    with torch.enable_grad():
        again = Arguments(
            {n: given[n] for n in arguments.inputs},
            {n: given[n] for n in arguments.states},
            {n: given[n] for n in arguments.parameters},
            {n: given[n] for n in arguments.statics},
            arguments.rows,
            arguments.seed,
            arguments.layer,
            arguments.direction,
        )
        results = Eager(ctx.kernel.step)(again, history=ctx.history)
        outputs = [*results.outputs.values(), *results.final.values(), *results.recorded.values()]
        outputs += list(results.history.values())
        pairs = [(o, g) for o, g in zip(outputs, gradients, strict=True) if g is not None]
        wanted = [name for name in ctx.names if needed[name]]
        found = torch.autograd.grad(
            [o for o, _ in pairs],
            [given[name] for name in wanted],
            [g for _, g in pairs],
            create_graph=True,
            allow_unused=True,
        )
    return dict(zip(wanted, found, strict=True))


def _backward(
    ctx: Any,
    given: Tensors,
    made: Tensors,
    needed: Mapping[str, bool],
    gradients: list[Tensor | None],
) -> dict[str, Tensor | None]:
    """The gradient of every tensor that needs one."""
    kernel: LLVM = ctx.kernel
    call: Call = ctx.call
    step, rows = kernel.step, call.rows
    some = next(iter(given.values()))
    compiled = kernel.compiled(some.dtype, "backward_all" if ctx.history else "backward")
    zeros = _zeros(some, call)
    held: list[Tensor] = [zeros]

    def arriving(gradient: Tensor | None) -> Bound:
        if gradient is None:
            return Bound(zeros.data_ptr(), 0, 0, Address.ROW)
        held.append(_tidy(gradient))
        return by_step(held[-1])

    bound = _leaves(step, call, given, made, zeros)
    bound |= {name: by_step(tensor) for name, tensor in made.items() if name not in bound}
    for output in step.by_role("output"):
        bound[prefixed(output.name)] = arriving(gradients.pop(0))
    carries: dict[str, Tensor] = {}
    finals: dict[str, Tensor | None] = {}
    for leaf in step.states:
        last = gradients.pop(0)
        finals[leaf.name] = None if last is None else last.contiguous()
        carries[leaf.name] = _carry(
            bound, leaf.name, call.sizes[leaf.size], some, rows, finals, zeros
        )
    del gradients[: len(step.by_role("recorded"))]
    if ctx.history:
        for leaf in step.states:
            bound[f"grad_all_{leaf.name}"] = arriving(gradients.pop(0))
    found: dict[str, Tensor | None] = {}
    sums, skip = _targets(compiled, call, given, needed, bound, found, held)
    compiled(call, bound, {leaf.name: given[leaf.name] for leaf in step.parameters}, sums, skip)
    for leaf in step.states:
        found[leaf.name] = _first(rows, carries[leaf.name][0], finals[leaf.name])
    return {name: value for name, value in found.items() if needed[name]}


def _carry(
    bound: dict[str, Bound],
    name: str,
    size: int,
    some: Tensor,
    rows: Rows,
    finals: Mapping[str, Tensor | None],
    zeros: Tensor,
) -> Tensor:
    """The gradient of a state on its way back: two steps' worth, in turn."""
    carry = some.new_zeros((2, rows.rows, size))
    last = finals[name]
    reading = by_step(
        carry,
        Address.INNER,
        wrap=1,
        neighbor=Neighbor.AFTER,
        first=zeros.data_ptr() if last is None else last.data_ptr(),
        first_stride=0 if last is None else last.stride(0) * last.element_size(),
        fresh=zeros.data_ptr(),
    )
    bound[prefixed(name)] = reading
    bound[prefixed(name) + "'"] = by_step(carry, Address.INNER, wrap=1)
    return carry


def _first(rows: Rows, carry: Tensor, last: Tensor | None) -> Tensor:
    """The gradient of the start state: what arrived at the first step."""
    empty = torch.as_tensor(rows.length == 0)
    start = carry if not (rows.steps and empty.any()) else carry.clone()
    if rows.steps == 0:
        return torch.zeros_like(carry) if last is None else last
    order = torch.as_tensor(rows.order)
    if empty.any():
        start[order[empty]] = 0 if last is None else last[order[empty]]
    if rows.reset is not None:
        places = torch.as_tensor(rows.start)
        flags = torch.as_tensor(rows.reset)[places, order].bool() & ~empty
        start[order[flags]] = 0
    return start


def _targets(
    compiled: Compiled,
    call: Call,
    given: Tensors,
    needed: Mapping[str, bool],
    bound: dict[str, Bound],
    found: dict[str, Tensor | None],
    held: list[Tensor],
) -> tuple[dict[str, Tensor], frozenset[str]]:
    """Tensors for the gradients; stages that only write what nobody needs are skipped."""
    rows = call.rows
    unwanted: set[str] = set()
    sums: dict[str, Tensor] = {}
    start = len(prefixed(""))
    for output in compiled.plan.step.outputs:
        name = output.name[start:]
        if output.role == "sum":
            if needed[name]:
                found[name] = sums[output.name] = torch.zeros_like(given[name]).contiguous()
        elif output.role == "row_sum":
            found[name] = given[name].new_zeros(given[name].shape)
            bound[output.name] = by_row(found[name])  # pyright: ignore[reportArgumentType]
        elif output.role == "output":
            bound[output.name] = _sequence(given[name], needed[name], rows, found, name, held)
            if not needed[name]:
                unwanted.add(output.name)
    skip = {
        stage.name
        for stage in compiled.plan.region("after")
        if stage.stores and all(buffer.name in unwanted for _, buffer in stage.stores)
    }
    return sums, frozenset(skip)


def _sequence(
    like: Tensor,
    wanted: bool,
    rows: Rows,
    found: dict[str, Tensor | None],
    name: str,
    held: list[Tensor],
) -> Bound:
    if not wanted:
        held.append(like.new_empty((rows.rows, like.shape[-1])))
        return by_row(held[-1])
    create = torch.empty_like if rows.whole else torch.zeros_like
    found[name] = gradient = create(like)
    return by_step(gradient)
