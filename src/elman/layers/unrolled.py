"""Single steps in autograd's unrolled graph: one node for a step of all layers, and one for the
weights that the steps share.

Autograd asks its price for every tensor of every call, there and back, and most of them are
weights. So a step does not know its weights, but a token of them. What is found of their gradients
at each step is added up in one place, and handed on once, when all steps have been gone back
through.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import is_
from typing import Any

import torch
from torch import Tensor, nn

from elman.kernels import is_ordinary, is_usual
from elman.layers.layer import Layer, is_heard
from elman.layers.layered import Layered
from elman.layers.state import State, as_state, as_tuple
from elman.layers.steps import stepwise
from elman.layers.way import Way

KINDS = 64  # of steps that a net remembers
PLAIN = {Tensor, nn.Parameter}  # others may be looked into


class Unrolled:
    """The steps of one net that may be made again, each from the second of its kind on. A copy of
    the net begins without any.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Way | None] = {}
        self._once: set[Hashable] = set()
        self._owners: tuple[object, ...] = ()
        self._places: list[Hashable] = []
        self._shared: Shared | None = None

    def __reduce__(self) -> tuple[type[Unrolled], tuple[()]]:
        return Unrolled, ()

    def step(self, net: Layered, x: Tensor, state: State) -> tuple[Tensor, State] | None:
        """A step that autograd has to know of, or None where there is more to do."""
        if not torch.is_grad_enabled() or net.bidirectional or not is_ordinary() or _is_packing():
            return None
        layers, before = net.stack, as_tuple(state)
        weights = _weights(net, layers)
        if weights is None or not {type(tensor) for tensor in (x, *before)} <= PLAIN:
            return None
        self._look(layers, weights)
        way = self._way(layers, weights, x, net.target)
        if way is None or not way.steps.take(x, before):
            return None
        shared = self._share(weights)
        if shared.token is None and not any(tensor.requires_grad for tensor in (x, *before)):
            return None
        y, *after = _step(way, shared, shared.token, x, *before)
        return y, as_state(tuple(after))

    def _look(self, layers: Sequence[Layer], weights: Sequence[Tensor]) -> None:
        """Forget everything unless layers and weights are where they were."""
        facts = [fact for one in layers for fact in (one, one.noise, one.precision)]
        owners = (*facts, *weights)
        places = [_place(weight) for weight in weights]
        same = len(owners) == len(self._owners) and all(map(is_, owners, self._owners))
        if not same or places != self._places:
            self._owners, self._places, self._shared = owners, places, None
            self._known.clear()
            self._once.clear()

    def _way(
        self, layers: Sequence[Layer], weights: Sequence[Tensor], x: Tensor, target: str
    ) -> Way | None:
        kind = x.shape, x.dtype, target
        if kind in self._known:
            return self._known[kind]
        if kind not in self._once:  # to remember one takes as long as it saves later
            self._once.add(kind)
            return None
        if len(self._known) >= KINDS:
            self._known.clear()
        steps = None
        if all(weight.is_contiguous() and not weight.is_neg() for weight in weights):
            steps = stepwise(layers, x, target, training=True)
        self._known[kind] = way = None if steps is None else Way(steps, layers, weights)
        return way

    def _share(self, weights: Sequence[Tensor]) -> Shared:
        """The weights as they are now."""
        marks = [(weight._version, weight.requires_grad) for weight in weights]
        shared = self._shared
        if shared is None or shared.marks != marks:
            shared = self._shared = Shared(weights, marks)
        return shared


class Shared:
    """Weights as they are at some steps, and what has been found of their gradients.

    `token` stands for them in the graph; there is none if no weight wants a gradient. Gradients are
    found in passes that may run at the same time: each has its own sums, under torch's number.
    """

    def __init__(self, weights: Sequence[Tensor], marks: list[tuple[int, bool]]) -> None:
        self.marks = marks
        self._numbers = tuple(number for number, (_, wanted) in enumerate(marks) if wanted)
        self._sums: dict[int, list[Tensor | None]] = {}
        wanted = [weights[number] for number in self._numbers]
        self.token: Tensor | None = Weights.apply(self._sums, *wanted) if wanted else None

    def wanted(self) -> tuple[int, ...]:
        """The numbers of the weights whose gradients the pass that is under way asks for."""
        node = None if self.token is None else self.token.grad_fn
        asked = node is not None and torch._C._will_engine_execute_node(node)  # pyright: ignore
        return self._numbers if asked else ()

    def sums(self) -> list[Tensor | None]:
        """The sums of the pass that is under way, None where nothing was found yet."""
        task = torch._C._current_graph_task_id()  # pyright: ignore
        if task not in self._sums:
            self._sums[task] = [None] * len(self._numbers)
        return self._sums[task]

    def add(self, gradients: Sequence[Tensor | None]) -> None:
        """Add what may have a past of its own."""
        sums = self.sums()
        for number, (known, new) in enumerate(zip(sums, gradients, strict=True)):
            if new is not None:
                sums[number] = new.clone() if known is None else known + new

    def check(self, way: Way) -> None:
        """RuntimeError if weights have been written to since the step."""
        for (version, _), weight, (_, name) in zip(self.marks, way.weights, way.names, strict=True):
            if weight._version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: {name!r} was written to after a step whose gradient is "
                    "asked for now; detach() the state where weights change"
                )


class Weights(torch.autograd.Function):
    """The node of the weights: nothing goes there, and all that was found comes back."""

    @staticmethod
    def forward(ctx: Any, sums: dict[int, list[Tensor | None]], *weights: Tensor) -> Tensor:
        ctx.sums, ctx.count = sums, len(weights)
        ctx.set_materialize_grads(False)
        return weights[0].new_empty(0)

    @staticmethod
    def backward(ctx: Any, *_: Tensor | None) -> tuple[Tensor | None, ...]:
        task = torch._C._current_graph_task_id()  # pyright: ignore
        return (None, *ctx.sums.pop(task, [None] * ctx.count))


class Step(torch.autograd.Function):
    """The node of a step: the output and the states after it."""

    @staticmethod
    def forward(
        ctx: Any, way: Way, shared: Shared, token: Tensor | None, x: Tensor, *before: Tensor
    ) -> tuple[Tensor, ...]:
        results, memory, ctx.places = way.forward(x, before)
        ctx.set_materialize_grads(False)
        ctx.way, ctx.shared = way, shared
        ctx.save_for_backward(x, memory, *before)
        return results

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor | None) -> tuple[Tensor | None, ...]:
        way: Way = ctx.way
        shared: Shared = ctx.shared
        saved, needs = ctx.saved_tensors, ctx.needs_input_grad[3:]
        shared.check(way)
        wanted = shared.wanted()
        if is_usual(arrived) and way.is_there(saved, ctx.places):
            found = way.backward(saved, arrived, needs, wanted, shared.sums() if wanted else [])
        else:
            found, of_weights = way.in_torch(saved, arrived, needs, wanted)
            if wanted:
                shared.add(of_weights)
        return (None, None, None, *found)


# `apply` looks for wrappers that torch.func has left behind, which a step does not take
_step = super(torch.autograd.Function, Step).apply  # pyright: ignore


def _weights(net: Layered, layers: Sequence[Layer]) -> list[Tensor] | None:
    """The parameters of a net without chance and observers, None if it is another."""
    if is_heard(net) or (net.training and net.dropout):
        return None
    found: list[Tensor] = []
    for layer in layers:
        weights = layer.own_weights() if layer.is_plain() else None
        if weights is None:
            return None
        found += weights
    return found if {type(weight) for weight in found} <= {nn.Parameter} else None


def _place(weight: Tensor) -> Hashable:
    """Where it lies, and how."""
    return weight.data_ptr(), weight.shape, weight.stride(), weight.is_neg()


def _is_packing() -> bool:
    """Whether somebody wants to see what is kept for the way back, as checkpoints do: they count on
    the same at every call.
    """
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None  # pyright: ignore
