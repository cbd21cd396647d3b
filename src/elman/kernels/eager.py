"""The `eager` target: the same graph as plain torch operations.

It runs on every device and in every type, differentiates as often as torch can, and is the second
witness of the compiled code: its derivative is torch's own, not ours. What is free of the state is
computed for all steps at once; where rows differ in length, a step takes the rows that are still
running, so that nothing is ever computed of what stands behind a row's end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from elman.graph import counter
from elman.graph.node import Dependence, Node, is_leaf
from elman.graph.step import Output, Step
from elman.kernels.kernel import Arguments, Results, check_axes, sizes_of
from elman.kernels.rounded import multiply


def _hard_sigmoid(x: Tensor) -> Tensor:
    """clip(x / 6 + 1 / 2, 0, 1); the slope of torch's own is a single-precision 1/6 in any type."""
    flat = (x.detach() / 6 + 0.5).clamp(0, 1)
    return torch.where(x.abs() < 3, x / 6 + 0.5, flat)


OPERATIONS: Mapping[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "hard_sigmoid": _hard_sigmoid,
    "silu": torch.nn.functional.silu,
    "gelu": torch.nn.functional.gelu,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "min": torch.minimum,
    "max": torch.maximum,
    "sin": torch.sin,
    "cos": torch.cos,
    "erf": torch.erf,
    "where": torch.where,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
    "eq": torch.eq,
    "ne": torch.ne,
}


class Eager:
    """A step as torch operations; with `pairs`, products are of numbers rounded to bf16."""

    def __init__(self, step: Step, *, pairs: bool = False) -> None:
        self.step, self.pairs = step, pairs
        self._nodes = step.nodes()

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences."""
        world = _World(self.step, self._nodes, arguments, multiply if self.pairs else torch.matmul)
        now = dict(arguments.states)
        seen = _Seen(world)
        for t in range(world.rows.steps):
            here = world.at(t)
            values = world.values(here, now)
            for output in self.step.outputs:
                if output.role in ("output", "recorded") or (output.role == "next" and history):
                    seen.add(output, values(output.node), here)
            after = {leaf.name: values(self.step.next_of(leaf.name)) for leaf in self.step.states}
            now = {name: here.put(now[name], value) for name, value in after.items()}
        return seen.results(now, history)


@dataclass(frozen=True)
class _Here:
    """The rows that have a step t: all of them, or those of `rows`, in places that may differ.

    `item` are the indices of the step in a tensor with the axes of the sequences.
    """

    step: int
    rows: Tensor | None = None
    place: Tensor | None = None
    item: tuple[Tensor, Tensor] | None = None

    def of_sequence(self, whole: Tensor) -> Tensor:
        """The step's part of a tensor with the axes of the sequences."""
        return whole[self.step] if self.item is None else whole[self.item]

    def of_mask(self, whole: Tensor) -> Tensor:
        """The step's part of a mask (T, B, size): a mask goes by place, however data lie."""
        return whole[self.step] if self.rows is None else whole[self.place, self.rows]

    def of_rows(self, whole: Tensor) -> Tensor:
        """The rows of a tensor (B, size)."""
        return whole if self.rows is None else whole[self.rows]

    def put(self, whole: Tensor, part: Tensor) -> Tensor:
        """The tensor (B, size) with these rows replaced."""
        return part if self.rows is None else whole.index_copy(0, self.rows, part)


class _World:
    """The values of one call: what all steps share, and what each step adds."""

    def __init__(
        self,
        step: Step,
        nodes: tuple[Node, ...],
        arguments: Arguments,
        product: Callable[[Tensor, Tensor], Tensor],
    ) -> None:
        self.product = product
        self.step, self.arguments, self.rows = step, arguments, arguments.table(step)
        check_axes(step, arguments, self.rows)
        tensors = arguments.all()
        self.sizes = sizes_of(step, tensors)
        self.like = next(iter(tensors.values()))
        self.free: dict[Node, Tensor] = {}
        self.masks = {node: self._mask(node) for node in nodes if "mask" in node.op}
        # what lies behind the end of a row may be anything: nothing is computed of it
        early = Dependence.INPUT if self.rows.plain else Dependence.PARAMETER
        self.moving = [node for node in nodes if node.dependence > early]
        for node in nodes:
            if node.dependence <= early:
                leaf = is_leaf(node)
                self.free[node] = self._leaf(node) if leaf else self._apply(node, self.free)

    def at(self, t: int) -> _Here:
        """The rows that have step t, counted in the direction in which they run."""
        rows = self.rows
        if rows.plain:
            return _Here(t)
        count = int(rows.active[t])
        places = rows.start[:count] + rows.direction[:count] * t
        which = rows.order[:count]
        tensors = [self._index(array) for array in (which, places, *rows.at(places, which))]
        return _Here(t, tensors[0], tensors[1], (tensors[2], tensors[3]))

    def _index(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.like.device)

    def values(self, here: _Here, now: Mapping[str, Tensor]) -> Callable[[Node], Tensor]:
        """The values at a step, given the states before it."""
        known: dict[Node, Tensor] = {}
        count = self.rows.rows if here.rows is None else len(here.rows)

        def value(node: Node) -> Tensor:
            if node not in self.free:
                picked = known[node]
            else:
                by_step = node.dependence == Dependence.INPUT
                picked = here.of_sequence(self.free[node]) if by_step else self.free[node]
            shape = tuple(self.sizes[size] for size in node.shape) or (1,)
            return picked.expand(count, *shape) if len(node.shape) < 2 else picked

        for node in self.moving:
            if is_leaf(node):
                known[node] = self._leaf_at(node, here, now)
            else:
                known[node] = self._compute(node, [value(arg) for arg in node.args])
        return value

    def _leaf_at(self, node: Node, here: _Here, now: Mapping[str, Tensor]) -> Tensor:
        """A leaf for the rows of a step; a state as it is after a reset."""
        if node in self.masks:
            whole = self.masks[node]
            return here.of_mask(whole) if node.op == "mask" else here.of_rows(whole)
        if node.op == "input":
            return here.of_sequence(_scalar_as_vector(self.arguments.inputs[node.name], node))
        if node.op == "static":
            return here.of_rows(self.arguments.statics[node.name])
        state = here.of_rows(now[node.name])
        if self.rows.reset is None:
            return state
        fresh = self.arguments.fresh.get(node.name, torch.zeros_like(state[:1]))
        flags = torch.from_numpy(self.rows.reset).bool().to(state.device)
        return torch.where(here.of_mask(flags[..., None]), fresh, state)

    def _leaf(self, node: Node) -> Tensor:
        if node.op == "constant":
            return self._number(node.value)
        if node.op == "extent":
            return self._number(float(self.sizes[node.name]))
        if node in self.masks:
            return self.masks[node]
        return _scalar_as_vector(self.arguments.all()[node.name], node)

    def _number(self, value: float) -> Tensor:
        return torch.full((1,), value, dtype=self.like.dtype, device=self.like.device)

    def _mask(self, node: Node) -> Tensor:
        """(T, B, size), or (B, size) if it is the same at every step."""
        rate, key = float(node.attribute[0]), int(node.attribute[1])
        call, rows = self.arguments, np.arange(self.rows.rows)
        stream = counter.Stream(call.seed, call.layer, call.direction, rows)
        if node.op == "row_mask":
            stream = stream.for_all_steps()
        else:
            stream = stream.at_each(self.rows.steps)
        return torch.from_numpy(stream.mask(rate, key, self.sizes[node.size])).to(self.like)

    def _apply(self, node: Node, known: Mapping[Node, Tensor]) -> Tensor:
        return self._compute(node, [known[arg] for arg in node.args])

    def _compute(self, node: Node, args: list[Tensor]) -> Tensor:
        if node.op == "linear":
            matrix, operand = args
            return self.product(operand, matrix if node.attribute[0] else matrix.mT)
        if node.op == "sum":
            return args[0].sum(-1, keepdim=True)
        if node.op == "spread":
            return args[0].expand(*args[0].shape[:-1], self.sizes[node.size])
        return OPERATIONS[node.op](*args)


def _scalar_as_vector(tensor: Tensor, node: Node) -> Tensor:
    return tensor if node.shape or tensor.dim() >= 2 else tensor.reshape(1)


class _Seen:
    """What was visible at every step, put where it belongs in the end."""

    def __init__(self, world: _World) -> None:
        self.world = world
        self.values: dict[Output, list[Tensor]] = {}
        self.places: list[_Here] = []

    def add(self, output: Output, value: Tensor, here: _Here) -> None:
        self.values.setdefault(output, []).append(value)
        if not self.places or self.places[-1] is not here:
            self.places.append(here)

    def results(self, final: dict[str, Tensor], history: bool) -> Results:
        step = self.world.step
        outputs = {o.name: self._whole(o) for o in step.by_role("output")}
        recorded = {o.name: self._whole(o).detach() for o in step.by_role("recorded")}
        states: dict[str, Tensor] = {}
        if history:
            states = {o.name: self._whole(o) for o in step.by_role("next")}
        return Results(outputs, final, states, recorded)

    def _whole(self, output: Output) -> Tensor:
        world, rows = self.world, self.world.rows
        if rows.plain and rows.steps:
            return torch.stack(self.values[output])
        shape = tuple(world.sizes[size] for size in output.node.shape) or (1,)
        whole = world.like.new_zeros((*rows.shape, *shape))
        items = [here.item for here in self.places if here.item is not None]
        if not items:  # nothing was computed, and the gradient of that is zero
            return whole + sum(t.flatten()[:0].sum() for t in world.arguments.all().values())
        first, second = (torch.cat(indices) for indices in zip(*items, strict=True))
        return whole.index_put((first, second), torch.cat(self.values[output]))
