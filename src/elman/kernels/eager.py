"""The `eager` target: the same graph as plain torch operations.

It runs on every device and in every type, differentiates as often as torch can, and is the second
witness of the compiled code: its derivative is torch's own, not ours. What is free of the state is
computed for all steps at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from elman.errors import KernelError
from elman.graph import counter
from elman.graph.node import Dependence, Node, is_leaf
from elman.graph.step import Step
from elman.kernels.kernel import Arguments, Results, check_axes, sizes_of


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
    """A step as torch operations."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self._nodes = step.nodes()

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences of equal length."""
        rows = arguments.table(self.step)
        if not rows.whole or rows.reset is not None or (rows.direction != 1).any():
            raise KernelError("the eager target runs whole sequences forwards only")
        world = _World(self.step, self._nodes, arguments)
        now = dict(arguments.states)
        seen: dict[str, list[Tensor]] = {}
        for t in range(rows.steps):
            values = world.step_values(t, now)
            for output in self.step.outputs:
                if output.role == "next":
                    seen.setdefault(output.name + "'", []).append(values(output.node))
                elif output.role in ("output", "recorded"):
                    seen.setdefault(output.name, []).append(values(output.node))
            now = {leaf.name: values(self.step.next_of(leaf.name)) for leaf in self.step.states}
        return world.results(seen, now, history)


class _World:
    """The values of one call: what all steps share, and what each step adds."""

    def __init__(self, step: Step, nodes: tuple[Node, ...], arguments: Arguments) -> None:
        self.step, self.arguments = step, arguments
        self.rows = arguments.table(step)
        check_axes(step, arguments, self.rows)
        tensors = arguments.all()
        self.sizes = sizes_of(step, tensors)
        self.like = next(iter(tensors.values()))
        self.free: dict[Node, Tensor] = {}
        self.moving = [node for node in nodes if node.dependence == Dependence.STATE]
        for node in nodes:
            if node.dependence < Dependence.STATE:
                self.free[node] = (
                    self._leaf(node) if is_leaf(node) else self._apply(node, self.free)
                )

    def step_values(self, t: int, now: Mapping[str, Tensor]) -> Callable[[Node], Tensor]:
        """The values at step t, given the states before it."""
        known: dict[Node, Tensor] = {}

        def value(node: Node) -> Tensor:
            if node not in self.free:
                return known[node]
            whole = self.free[node]
            picked = whole[t] if node.dependence == Dependence.INPUT else whole
            shape = tuple(self.sizes[size] for size in node.shape) or (1,)
            return picked.expand(self.rows.rows, *shape) if len(node.shape) < 2 else picked

        for node in self.moving:
            if is_leaf(node):
                known[node] = now[node.name]
            else:
                known[node] = self._compute(node, [value(arg) for arg in node.args])
        return value

    def _leaf(self, node: Node) -> Tensor:
        if node.op == "constant":
            return self.like.new_tensor([node.value])
        if node.op == "extent":
            return self.like.new_tensor([float(self.sizes[node.name])])
        if node.op == "mask":
            return self._mask(node)
        tensor = self.arguments.all()[node.name]
        return tensor if node.shape else tensor.reshape(1) if tensor.dim() < 2 else tensor

    def _mask(self, node: Node) -> Tensor:
        import numpy as np

        rate, key = float(node.attribute[0]), int(node.attribute[1])
        call = self.arguments
        stream = counter.Stream(
            call.seed,
            call.layer,
            call.direction,
            np.arange(self.rows.rows)[None, :],
            np.arange(self.rows.steps)[:, None],
        )
        return torch.as_tensor(stream.mask(rate, key, self.sizes[node.size])).to(self.like)

    def _apply(self, node: Node, known: Mapping[Node, Tensor]) -> Tensor:
        return self._compute(node, [known[arg] for arg in node.args])

    def _compute(self, node: Node, args: list[Tensor]) -> Tensor:
        if node.op == "linear":
            matrix, operand = args
            return operand @ (matrix if node.attribute[0] else matrix.mT)
        if node.op == "sum":
            return args[0].sum(-1, keepdim=True)
        if node.op == "spread":
            return args[0].expand(*args[0].shape[:-1], self.sizes[node.size])
        return OPERATIONS[node.op](*args)

    def results(
        self, seen: dict[str, list[Tensor]], now: dict[str, Tensor], history: bool
    ) -> Results:
        """Stack what was seen over time."""

        def stacked(name: str, node: Node) -> Tensor:
            if name in seen:
                return torch.stack(seen[name])
            shape = tuple(self.sizes[size] for size in node.shape) or (1,)
            return self.like.new_zeros((0, self.rows.rows, *shape))

        step = self.step
        outputs = {o.name: stacked(o.name, o.node) for o in step.by_role("output")}
        recorded = {o.name: stacked(o.name, o.node).detach() for o in step.by_role("recorded")}
        states = {o.name: stacked(o.name + "'", o.node) for o in step.by_role("next")}
        return Results(outputs, now, states if history else {}, recorded)
