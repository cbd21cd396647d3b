"""What a layer keeps while its weights stand still: their matrices as compiled code reads them, and
a way to do one step of a stream with nothing left to find out.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from math import prod
from threading import Lock
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from elman.kernels import Arguments, Packs, Stepping, Variant, is_promised, stepping, unseen
from elman.layers.layer import Layer
from elman.layers.state import State, as_state, as_tuple

MANY = 64  # numbers of rows for which steps are remembered


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
        self._known: dict[tuple[torch.Size, torch.dtype, bool], Steps | None] = {}
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

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State] | None:
        """One step of a stream, or None where it takes more than compiled code to do it."""
        if not unseen() or self._net.bidirectional:
            return None
        kind = x.shape, x.dtype, self._net.training
        try:
            steps = self._known[kind]
        except KeyError:
            if len(self._known) >= MANY:
                self._known.clear()
            steps = self._known[kind] = self._steps(x)
        return None if steps is None else steps(x, as_tuple(state))

    def _steps(self, x: Tensor) -> Steps | None:
        if x.dim() != 2 or x.shape[-1] != self.layers[0].sizes["D"]:
            return None
        found: list[Stepping] = []
        now = x.unsqueeze(0)
        for layer in self.layers:
            step = layer.cell.step
            weights = layer.weights()
            plain = len(step.inputs) == 1 and not step.statics and not step.by_role("recorded")
            if not plain or (self._net.training and (layer.noise.random or self._net.dropout)):
                return None
            if any(w.dtype != x.dtype or not w.is_cpu for w in weights.values()):
                return None
            states = dict(zip(layer.cell.states, layer.first_state(x.shape[0], x), strict=True))
            states = {name: part.contiguous() for name, part in states.items()}
            variant = Variant(layer.cell, (), layer.noise, False, layer.precision == "bf16")
            one = stepping(variant, Arguments({"x": now}, states, weights), self.target)
            if one is None:
                return None
            found.append(one)
            now = x.new_empty(1, x.shape[0], layer.output_size)
        return Steps(self.layers, found, x)


class Steps:
    """A step of all layers for one number of rows and one type."""

    def __init__(self, layers: Sequence[Layer], every: Sequence[Stepping], x: Tensor) -> None:
        sizes = [layers[0].sizes[state.size] for state in layers[0].cell.states.values()]
        self.dtype, rows = x.dtype, x.shape[0]
        self.shapes = tuple(torch.Size((len(layers), rows, size)) for size in sizes)
        self.strides = tuple(rows * size * x.element_size() for size in sizes)
        outputs = [torch.Size((rows, layer.output_size)) for layer in layers]
        self.bytes = prod(outputs[-1]) * x.element_size()
        self.between = [x.new_empty(shape) for shape in outputs]
        self.lock = Lock()
        names = list(layers[0].cell.states)
        histories = every[0].histories
        # of what a step fills: the number of the state that it is, or -1 for the output
        self.made = tuple(
            next((n for n, name in enumerate(names) if histories[name] == buffer), -1)
            for buffer in every[0].made
        )
        self.y = self.made[every[0].made.index("y")]
        self.every = tuple(every)

    def __call__(self, x: Tensor, before: tuple[Tensor, ...]) -> tuple[Tensor, State] | None:
        """The output and the states after x (B, D); None for tensors that are not laid out so."""
        if len(before) != len(self.shapes) or not _lies_there(x):
            return None
        for part, shape in zip(before, self.shapes, strict=True):
            if not (part.shape == shape and part.dtype is self.dtype and _lies_there(part)):
                return None
        after = tuple([torch.empty_like(part) for part in before])
        y = torch.empty_like(self.between[-1])  # a third of the price of torch.empty
        with self.lock:
            self._run(x.data_ptr(), [p.data_ptr() for p in before], after, y.data_ptr())
        return y, as_state(after)

    def _run(self, x: int, before: list[int], after: tuple[Tensor, ...], y: int) -> None:
        """Layer upon layer, from address to address."""
        into, last = [part.data_ptr() for part in after], len(self.every) - 1
        for number, step in enumerate(self.every):
            out = y if number == last else self.between[number].data_ptr()
            step([x, *before, *[out if which < 0 else into[which] for which in self.made]])
            x = out if self.y < 0 else into[self.y]
            if number < last:
                before = [at + stride for at, stride in zip(before, self.strides, strict=True)]
                into = [at + stride for at, stride in zip(into, self.strides, strict=True)]
        if self.y >= 0:
            # the caller's output is no part of the state: it may be written to
            ctypes.memmove(y, x, self.bytes)


def _lies_there(tensor: Tensor) -> bool:
    """Whether its numbers lie in memory one behind the other."""
    return tensor.is_contiguous() and tensor.is_cpu and not is_promised(tensor)
