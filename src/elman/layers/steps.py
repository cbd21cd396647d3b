"""A step of a stream through all layers, or a few, there and back, from address to address, with
nothing left to find out.

Where each number lies is said once, for a shape and a type, as a spot: a tensor and how many bytes
behind its beginning.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.kernels import PLAIN, Arguments, Stepping, SteppingBack, is_promised, stepping
from elman.layers.layer import Layer

ALIGN = 64
SHORT = 1 << 20  # bytes of a sequence, above which it takes far longer than what comes with it


# The tensors of steps have numbers: first these, of which the last are the states before them, then
# y and the states after them.
X, MEMORY, STATES = 0, 1, 2


class Spot(NamedTuple):
    """A place in a tensor, which has this number; the offset is in bytes."""

    base: int
    offset: int

    def further(self, offset: int) -> Spot:
        """So many bytes behind it."""
        return Spot(self.base, self.offset + offset)


class Steps:
    """One or more steps of all layers, for one shape of x and one type.

    What they make lies in a memory, and the last states are copies of it. In `training` each call
    has a memory for itself; the output of a single step is a copy then too, and all results of a
    step may be written to. The output of several steps is needed for the way back as it is.
    """

    def __init__(
        self, layers: Sequence[Layer], every: Sequence[Stepping], x: Tensor, *, training: bool
    ) -> None:
        steps, rows, size = x.shape[:-2].numel(), x.shape[-2], x.element_size()
        leaves = layers[0].cell.step.states
        units = [layers[0].sizes[leaf.size] for leaf in leaves]
        self.dtype, self.every, self.training = x.dtype, tuple(every), training
        self.single = x.dim() == 2
        self.names = [leaf.name for leaf in leaves]
        self.shapes = tuple(torch.Size((len(layers), rows, one)) for one in units)
        self.strides = tuple(rows * one * size for one in units)
        self.y = x.new_empty(*x.shape[:-1], layers[-1].output_size)
        first = STATES + len(units)
        y, *after = (Spot(first + n, 0) for n in range(1 + len(units)))
        room, below = _Room(), Spot(X, 0)
        self.spots: list[list[Spot]] = []  # of every layer, in the order of its addresses
        self._copies: list[tuple[Spot, Spot, int]] = []  # to, from, and so many bytes
        for number, one in enumerate(every):
            last = self.parts(after, number)
            at = {}
            if self.single and not training:
                at = dict(zip(one.histories.values(), last, strict=True))
            if number == len(every) - 1 and not (self.single and training):
                at.setdefault("y", y)
            for name, width in zip(one.made, one.units, strict=True):
                at[name] = at.get(name) or room.take(steps * rows * width * size)
            before = self.parts([Spot(base, 0) for base in range(STATES, first)], number)
            self.spots.append([below, *before, *(at[name] for name in one.made)])
            below = at["y"]
            for to, history, stride in zip(last, one.histories.values(), self.strides, strict=True):
                self._copies.append((to, at[history].further((steps - 1) * stride), stride))
        self._copies.append((y, below, self.y.nbytes))
        self._copies = [(to, at, length) for to, at, length in self._copies if to != at]
        self.memory = room.memory()
        self.nbytes = self.memory.nbytes + sum(one.nbytes for one in every)

    def parts(self, states: Sequence[Spot], layer: int) -> list[Spot]:
        """A layer's part of all states."""
        pairs = zip(states, self.strides, strict=True)
        return [spot.further(layer * stride) for spot, stride in pairs]

    def take(self, x: Tensor, states: Sequence[Tensor]) -> bool:
        """Whether these tensors are laid out as the steps take them; x has its shape."""
        if len(states) != len(self.shapes):
            return False
        for one in (x, *states):
            if type(one) not in PLAIN or not one.is_contiguous():
                return False
            if one.dtype is not self.dtype or not one.is_cpu or is_promised(one):
                return False
        return all(part.shape == shape for part, shape in zip(states, self.shapes, strict=True))

    def __call__(self, bases: Sequence[int]) -> None:
        """Run with the tensors at these addresses: x, the memory, the states before, y, the states
        after.
        """
        for step, spots in zip(self.every, self.spots, strict=True):
            step([bases[base] + offset for base, offset in spots])
        _copy(self._copies, bases)


class StepsBack:
    """The way back through steps of all layers, where some gradients arrive, of y or of states
    after them (one flag each), and some are needed: of x or of states before them (one flag each),
    and of these weights.

    Behind x, the memory, the states before and y come the gradient of y, that of x, a scrap, then
    the gradients of all states after the steps, of those before them, and of the weights, which are
    added to; `reached` are the places of those weights that are.
    """

    def __init__(
        self,
        steps: Steps,
        layers: Sequence[Layer],
        arriving: Sequence[bool],
        needed: Sequence[bool],
        wanted: Sequence[tuple[int, str]],
    ) -> None:
        names, items = steps.names, steps.y.shape[:-1].numel()
        bases = (Spot(base, 0) for base in itertools.count(STATES + len(names) + 1))
        from_above, of_x, scrap = itertools.islice(bases, 3)
        after, before = (list(itertools.islice(bases, len(names))) for _ in range(2))
        weights = dict(zip(wanted, bases))  # noqa: B905  there is no end of them
        self._every: list[tuple[SteppingBack, list[Spot]]] = []
        self._copies: list[tuple[Spot, Spot, int]] = []
        room, reached = _Room(scrap), set[tuple[int, str]]()
        for number in reversed(range(len(layers))):
            here = [name for name, there in zip(names, arriving[1:], strict=True) if there]
            here += ["y"] if arriving[0] or number < len(layers) - 1 else []
            found = {name: spot for (layer, name), spot in weights.items() if layer == number}
            if number:
                found["x"] = room.take(items * layers[number].sizes["D"] * steps.y.element_size())
            elif needed[0]:
                found["x"] = of_x
            back = steps.every[number].back(here, found)
            ends = zip(names, steps.parts(before, number), steps.strides, needed[1:], strict=True)
            for name, spot, size, need in ends:
                # two steps have theirs in turn, and the first step of all is the first of them
                found[name] = spot if steps.single and need else room.take(2 * size)
                if need:
                    self._copies.append((spot, found[name], size))
            arrive = {"y": from_above, **dict(zip(names, steps.parts(after, number), strict=True))}
            ends = [*(arrive[name] for name in back.arriving), *(found[n] for n in back.found)]
            self._every.append((back, steps.spots[number] + ends))
            reached |= {(number, name) for name in back.found}
            from_above = found.get("x", from_above)
        self._copies = [(to, at, length) for to, at, length in self._copies if to != at]
        self.scrap = room.memory()
        self.nbytes = self.scrap.nbytes + sum(back.nbytes for back, _ in self._every)
        # what nothing depends on smoothly has no gradient: a number that is only compared
        self.reached = [number for number, key in enumerate(wanted) if key in reached]

    def __call__(self, bases: Sequence[int]) -> None:
        """Run with the tensors at these addresses."""
        for back, spots in self._every:
            back([bases[base] + offset for base, offset in spots])
        _copy(self._copies, bases)


def _copy(copies: Sequence[tuple[Spot, Spot, int]], bases: Sequence[int]) -> None:
    for to, at, length in copies:
        ctypes.memmove(bases[to.base] + to.offset, bases[at.base] + at.offset, length)


class _Room:
    """A tensor that is dealt out."""

    def __init__(self, first: Spot = Spot(MEMORY, 0)) -> None:  # noqa: B008  it never changes
        self._next = first

    def take(self, size: int) -> Spot:
        """The next bytes, at an address that is aligned."""
        spot = self._next
        self._next = spot.further(-(-size // ALIGN) * ALIGN)
        return spot

    def memory(self) -> Tensor:
        """All of it."""
        return torch.empty(self._next.offset, dtype=torch.uint8, device="cpu")


def is_long(x: Tensor, last: Layer) -> bool:
    """Whether x (T, B, D) is too long for `stepwise`, where this is the last layer."""
    return x.dim() == 3 and x.shape[:-1].numel() * last.output_size * x.element_size() > SHORT


def stepwise(
    layers: Sequence[Layer], x: Tensor, target: str, *, training: bool = False, still: bool = False
) -> Steps | None:
    """A step of these layers for x (B, D), or several for a short x (T, B, D), if there is compiled
    code for it, something to do, and no layer that reads anything else. Their weights must stay
    where they are, and if they are `still`, as they are.
    """
    if x.dim() not in (2, 3) or x.shape[-1] != layers[0].sizes["D"] or not x.shape[:-1].numel():
        return None
    if is_long(x, layers[-1]):  # before any room is asked for
        return None
    found: list[Stepping] = []
    now = torch.empty((1,) * (3 - x.dim()) + x.shape, dtype=x.dtype, device=x.device)
    for layer in layers:
        step, weights = layer.cell.step, layer.weights()
        if len(step.inputs) != 1 or step.statics or step.by_role("recorded"):
            return None
        plain = {type(weight) for weight in weights.values()} <= PLAIN
        if not plain or any(w.dtype != x.dtype or not w.is_cpu for w in weights.values()):
            return None
        states = {
            leaf.name: now.new_zeros(now.shape[1], layer.sizes[leaf.size]) for leaf in step.states
        }
        arguments = Arguments({"x": now}, states, weights)
        one = stepping(layer.variant(), arguments, target, training=training, still=still)
        if one is None:
            return None
        found.append(one)
        now = now.new_empty(*now.shape[:-1], layer.output_size)
    steps = Steps(layers, found, x, training=training)
    return steps if steps.single or steps.memory.nbytes + steps.y.nbytes <= SHORT else None
