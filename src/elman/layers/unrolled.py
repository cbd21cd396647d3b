"""Steps and short sequences in autograd's unrolled graph: one node for a call of all layers, and
one for the weights that calls share.

Autograd asks its price for every tensor of every call, there and back, and most of them are
weights. So a call does not know its weights, but a token of them. What is found of their gradients
at each call is added up in one place, and handed on once, when all calls have been gone back
through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn

from elman.kernels import is_ordinary, is_usual
from elman.layers.layer import Layer
from elman.layers.layered import Layered
from elman.layers.state import State, as_state, as_tuple
from elman.layers.steps import is_long, stepwise
from elman.layers.way import Way, Ways

# of a weight: whether it was written to, whether it wants a gradient, where it lies and how
Fact = tuple[int, bool, int, torch.Size, tuple[int, ...], torch.dtype, bool]


class Unrolled:
    """The short calls of one net that may be made again. A copy of the net begins without any."""

    def __init__(self) -> None:
        self.ways = Ways()
        self._owners: list[object] = []
        self._facts: list[Fact] = []
        self._wanted = False  # whether any weight wants a gradient
        self._shared: Callable[[], Shared | None] = _nothing

    def __reduce__(self) -> tuple[type[Unrolled], tuple[()]]:
        return Unrolled, ()

    def run(self, net: Layered, x: Tensor, state: State | None) -> tuple[Tensor, State] | None:
        """A step x (B, D) or a short sequence (T, B, D), or None where there is more to do. Without
        a state, it is what the equations declare.
        """
        layers = net.stack
        if not is_ordinary() or is_long(x, layers[-1]) or net.bidirectional or _is_packing():
            return None
        weights = _weights(net, layers)
        if weights is None or not self._look(layers, weights):
            return None
        given = (x,) if state is None else (x, *as_tuple(state))
        training = torch.is_grad_enabled() and (self._wanted or _want(given))
        wish = net.target, training
        kind = x.shape, x.dtype, torch.get_num_threads(), wish
        way = self.ways.of(kind, lambda: _way(layers, weights, x, wish))
        if way is None:
            return None
        before = way.start if state is None else given[1:]
        if before is None or not way.steps.take(x, before):
            return None
        if not training:
            y, *after = way.forward(x, before)[0]
        else:
            shared = self._shared()
            if shared is None:
                shared = Shared(weights)
                self._shared = ref(shared)
            y, *after = _step(way, shared, shared.token, x, *before)
        return y, as_state(tuple(after))

    def _look(self, layers: Sequence[Layer], weights: list[Tensor]) -> bool:
        """Forget what is no longer so of the weights; False if they are not ordinary ones."""
        owners: list[object] = [*layers, *weights]
        owners += [fact for one in layers for fact in (one.noise, one.precision)]
        same = len(owners) == len(self._owners) and all(map(is_, owners, self._owners))
        if not same and not {type(weight) for weight in weights} <= {nn.Parameter}:
            return False
        try:
            facts = [
                (
                    w._version,
                    w.requires_grad,
                    w.data_ptr(),
                    w.shape,
                    w.stride(),
                    w.dtype,
                    w.is_neg(),
                )
                for w in weights
            ]
        except RuntimeError:  # made in inference mode, where nothing is counted
            return False
        if same and facts == self._facts:
            return True
        self._shared = _nothing
        if not same or [fact[2:] for fact in facts] != [fact[2:] for fact in self._facts]:
            self.ways.forget()
        self._owners, self._facts = owners, facts
        self._wanted = True in [fact[1] for fact in facts]
        return True


def _way(
    layers: Sequence[Layer], weights: Sequence[Tensor], x: Tensor, wish: tuple[str, bool]
) -> Way | None:
    """The way for a target, in training or not, if calls like this are short."""
    if not all(weight.is_contiguous() and not weight.is_neg() for weight in weights):
        return None
    steps = stepwise(layers, x, wish[0], training=wish[1])
    return None if steps is None else Way(steps, layers)


class Shared:
    """Weights as they are at some calls, and what has been found of their gradients. It lives as
    long as the graph of one of these calls does.

    `token` stands for them in the graph; there is none if no weight wants a gradient. Gradients are
    found in passes that may run at the same time: each has its own sums, under torch's number.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._versions = [weight._version for weight in weights]
        self._numbers = tuple(n for n, weight in enumerate(weights) if weight.requires_grad)
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
        """RuntimeError if weights have been written to since the call."""
        versions = [weight._version for weight in way.weights]
        if versions == self._versions:
            return
        pairs = zip(versions, self._versions, strict=True)
        at = [now == then for now, then in pairs].index(False)
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace "
            f"operation: {way.names[at][1]!r} was written to after a call whose gradient is asked "
            "for now; detach() the state where weights change"
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
    """The node of a call: the output and the states after it."""

    @staticmethod
    def forward(
        ctx: Any, way: Way, shared: Shared, token: Tensor | None, x: Tensor, *before: Tensor
    ) -> tuple[Tensor, ...]:
        results, saved, ctx.places = way.forward(x, before)
        ctx.set_materialize_grads(False)
        ctx.way, ctx.shared = way, shared
        ctx.save_for_backward(*saved)
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


# `apply` looks for wrappers that torch.func has left behind, which have no memory to read from
_step = super(torch.autograd.Function, Step).apply  # pyright: ignore


def _weights(net: Layered, layers: Sequence[Layer]) -> list[Tensor] | None:
    """The weights of a net without chance, with layers that nobody observes; None if it is
    another.
    """
    if net.training and net.dropout:
        return None
    found: list[Tensor] = []
    for layer in layers:
        own = layer.own_weights() if layer.is_plain() else None
        if own is None:
            return None
        found += own
    return found


def _nothing() -> None:
    return None


def _want(given: Sequence[object]) -> bool:
    """Whether any of these wants a gradient."""
    return True in [isinstance(one, Tensor) and one.requires_grad for one in given]


def _is_packing() -> bool:
    """Whether somebody wants to see what is kept for the way back, as checkpoints do: they count on
    the same at every call.
    """
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None  # pyright: ignore
