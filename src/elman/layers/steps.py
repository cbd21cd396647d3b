"""One step of a stream through all layers, there and back, from address to address, with nothing
left to find out.

Where each number lies is said once, for a number of rows and a type, as a spot: a tensor and how
many bytes behind its beginning.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.kernels import Arguments, Stepping, SteppingBack, is_promised, stepping
from elman.layers.layer import Layer

ALIGN = 64


# The tensors of a step have numbers: first these, of which the last are the states before it, then
# y and the states after it.
X, MEMORY, STATES = 0, 1, 2


class Spot(NamedTuple):
    """A place in a tensor, which has this number; the offset is in bytes."""

    base: int
    offset: int

    def further(self, offset: int) -> Spot:
        """So many bytes behind it."""
        return Spot(self.base, self.offset + offset)


class Steps:
    """A step of all layers for one number of rows and one type.

    In `training`, all that it makes lies in a memory that each step has for itself, and its results
    are copies, which may be written to. Else there is one memory, for what lies between layers.
    """

    def __init__(
        self, layers: Sequence[Layer], every: Sequence[Stepping], x: Tensor, *, training: bool
    ) -> None:
        rows, size = x.shape[0], x.element_size()
        leaves = layers[0].cell.step.states
        units = [layers[0].sizes[leaf.size] for leaf in leaves]
        self.dtype, self.every = x.dtype, tuple(every)
        self.names = [leaf.name for leaf in leaves]
        self.shapes = tuple(torch.Size((len(layers), rows, one)) for one in units)
        self.strides = tuple(rows * one * size for one in units)
        self.y = x.new_empty(rows, layers[-1].output_size)
        states = range(STATES, STATES + len(units))
        y, *after = (Spot(states.stop + n, 0) for n in range(1 + len(units)))
        lengths = [self.y.nbytes, *(len(layers) * stride for stride in self.strides)]
        results, room = [y, *after], _Room()
        if training:
            y, *after = map(room.take, lengths)
        self.spots: list[list[Spot]] = []  # of every layer, in the order of its addresses
        below = Spot(X, 0)
        for number, one in enumerate(every):
            at = dict(zip(one.histories.values(), self.parts(after, number), strict=True))
            if number == len(every) - 1:
                at.setdefault("y", y)
            for name, width in zip(one.made, one.units, strict=True):
                at[name] = at.get(name) or room.take(rows * width * size)
            before = self.parts([Spot(base, 0) for base in states], number)
            self.spots.append([below, *before, *(at[name] for name in one.made)])
            below = at["y"]
        sources = zip(results, (below, *after), lengths, strict=True)
        self._copies = [(to.base, *at, length) for to, at, length in sources if to != at]
        self.memory = room.memory()

    def parts(self, states: Sequence[Spot], layer: int) -> list[Spot]:
        """A layer's part of all states."""
        pairs = zip(states, self.strides, strict=True)
        return [spot.further(layer * stride) for spot, stride in pairs]

    def take(self, x: Tensor, states: Sequence[Tensor]) -> bool:
        """Whether these tensors are laid out as a step takes them; x (B, D) has its shape."""
        if len(states) != len(self.shapes) or not _lies_there(x):
            return False
        return all(
            part.shape == shape and part.dtype is self.dtype and _lies_there(part)
            for part, shape in zip(states, self.shapes, strict=True)
        )

    def __call__(self, bases: Sequence[int]) -> None:
        """Run with the tensors at these addresses: x, the memory, the states before, y, the states
        after.
        """
        for step, spots in zip(self.every, self.spots, strict=True):
            step([bases[base] + offset for base, offset in spots])
        for to, base, offset, length in self._copies:
            ctypes.memmove(bases[to], bases[base] + offset, length)


class StepsBack:
    """The way back through a step of all layers, where some gradients arrive, of y or of states
    after it (one flag each), and some are needed: of x, and of these weights.

    Behind x, the memory and the states before come the gradient of y, that of x, a scrap, then
    the gradients of all states after the step, of those before it, and of the weights, which are
    added to; `reached` are the places of those weights that are.
    """

    def __init__(
        self,
        steps: Steps,
        layers: Sequence[Layer],
        arriving: Sequence[bool],
        needed: tuple[bool, Sequence[tuple[int, str]]],
    ) -> None:
        rows, size, names = steps.y.shape[0], steps.y.element_size(), steps.names
        bases = (Spot(base, 0) for base in itertools.count(STATES + len(names)))
        from_above, of_x, scrap = itertools.islice(bases, 3)
        after, before = (list(itertools.islice(bases, len(names))) for _ in range(2))
        weights = dict(zip(needed[1], bases))  # noqa: B905  there is no end of them
        self._every: list[tuple[SteppingBack, list[Spot]]] = []
        room, reached = _Room(scrap), set[tuple[int, str]]()
        for number in reversed(range(len(layers))):
            here = [name for name, there in zip(names, arriving[1:], strict=True) if there]
            here += ["y"] if arriving[0] or number < len(layers) - 1 else []
            found = {name: spot for (layer, name), spot in weights.items() if layer == number}
            if number:
                found["x"] = room.take(rows * layers[number].sizes["D"] * size)
            elif needed[0]:
                found["x"] = of_x
            back = steps.every[number].back(here, found)
            found |= zip(names, steps.parts(before, number), strict=True)
            arrive = {"y": from_above, **dict(zip(names, steps.parts(after, number), strict=True))}
            ends = [*(arrive[name] for name in back.arriving), *(found[n] for n in back.found)]
            self._every.append((back, steps.spots[number] + ends))
            reached |= {(number, name) for name in back.found}
            from_above = found.get("x", from_above)
        self.scrap = room.memory()
        # what nothing depends on smoothly has no gradient: a number that is only compared
        self.reached = [number for number, key in enumerate(needed[1]) if key in reached]

    def __call__(self, bases: Sequence[int]) -> None:
        """Run with the tensors at these addresses."""
        for back, spots in self._every:
            back([bases[base] + offset for base, offset in spots])


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


def stepwise(
    layers: Sequence[Layer], x: Tensor, target: str, *, training: bool = False
) -> Steps | None:
    """A step of these layers for x (B, D), if there is compiled code for it and no layer reads
    anything else; their weights must stay where they are.
    """
    if x.dim() != 2 or x.shape[-1] != layers[0].sizes["D"]:
        return None
    found: list[Stepping] = []
    now = x.detach().unsqueeze(0)
    for layer in layers:
        step, weights = layer.cell.step, layer.weights()
        if len(step.inputs) != 1 or step.statics or step.by_role("recorded"):
            return None
        if any(w.dtype != x.dtype or not w.is_cpu for w in weights.values()):
            return None
        states = {
            leaf.name: x.new_zeros(x.shape[0], layer.sizes[leaf.size]) for leaf in step.states
        }
        arguments = Arguments({"x": now}, states, weights)
        one = stepping(layer.variant(), arguments, target, training=training)
        if one is None:
            return None
        found.append(one)
        now = x.new_empty(1, x.shape[0], layer.output_size)
    return Steps(layers, found, x, training=training)


def _lies_there(tensor: Tensor) -> bool:
    """Whether its numbers lie in memory one behind the other."""
    return tensor.is_contiguous() and tensor.is_cpu and not is_promised(tensor)
