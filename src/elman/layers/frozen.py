"""What a layer keeps while its weights stand still: their matrices as compiled code reads them, and
a way to do one step of a stream with nothing left to find out.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from elman.kernels import Packs, unseen
from elman.layers.layer import Layer
from elman.layers.state import State, as_state, as_tuple
from elman.layers.steps import is_long, stepwise
from elman.layers.way import Way, Ways


@runtime_checkable
class Net(Protocol):
    """What is needed of a `Recurrent`."""

    target: str
    bidirectional: bool
    dropout: float
    training: bool
    held: Frozen | None

    @property
    def stack(self) -> list[Layer]: ...


class Frozen:
    """A block in which the weights of a net stand still and no gradients are taken.

    It may be entered again, if weights have not changed meanwhile. A copy of the net is not frozen.
    """

    def __init__(self, net: Net) -> None:
        self._net, self.layers, self.target = net, tuple(net.stack), net.target
        self.packs = tuple(Packs() for _ in self.layers)
        self.ways = Ways(at_once=True)
        self._before: list[tuple[Frozen | None, torch.no_grad]] = []

    def __enter__(self) -> Net:
        quiet = torch.no_grad()
        quiet.__enter__()
        self._before.append((self._net.held, quiet))
        self._net.held = self
        return self._net

    def __exit__(self, *error: object) -> None:
        self._net.held, quiet = self._before.pop()
        quiet.__exit__(*error)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def run(self, x: Tensor, state: State | None) -> tuple[Tensor, State] | None:
        """One step of a stream x (B, D), or a short sequence (T, B, D), or None where it takes more
        than compiled code to do it. Without a state, it is what the equations declare.
        """
        if not unseen() or is_long(x, self.layers[-1]) or self._net.bidirectional:
            return None
        kind = x.shape, x.dtype, torch.get_num_threads(), self._net.training
        way = self.ways.of(kind, lambda: self._way(x))
        if way is None:
            return None
        before = way.start if state is None else as_tuple(state)
        if before is None or not way.steps.take(x, before):
            return None
        y, *after = way.forward(x, before)[0]
        return y, as_state(tuple(after))

    def _way(self, x: Tensor) -> Way | None:
        training = self._net.training
        if training and (self._net.dropout or any(layer.noise.random for layer in self.layers)):
            return None
        steps = stepwise(self.layers, x, self.target, still=True)
        return None if steps is None else Way(steps, self.layers)
