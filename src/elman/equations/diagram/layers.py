"""Boxes sorted into layers from left to right, and within a layer from top to bottom.

A wire that passes over layers gets a lane in each, shared by all wires from the same box, so that
every hop leads from one layer to the next. The order has few crossings (Sugiyama et al. 1981:
repeated sorting by the mean of the neighbors).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from elman.equations.diagram.flow import Flow, Wire

_SWEEPS = 8
_MOST_WORK = 5000  # hops times orders of the sources; for more, only the order of the text is tried


@dataclass(eq=False)
class Item:
    """A box in its layer, or a lane (`box` None) for the wires of box `net`; `y` is its middle."""

    layer: int
    net: int
    box: int | None
    y: float = 0.0


@dataclass(frozen=True, eq=False)
class Hop:
    """A piece of wire between neighboring layers; `wire` is None where it enters a lane."""

    start: Item
    end: Item
    wire: Wire | None


@dataclass
class Layers:
    """The items of each layer from top to bottom, and the hops to the next layer."""

    items: list[list[Item]]
    hops: list[list[Hop]] = field(default_factory=list[list[Hop]])


def into_layers(flow: Flow) -> Layers:
    """The boxes of a flow in layers, in an order with few crossings."""
    layers = _with_lanes(flow, _depths(flow))
    sources = layers.items[0]
    work = math.factorial(len(sources)) * sum(map(len, layers.hops))
    tries = itertools.permutations(sources) if work <= _MOST_WORK else [tuple(sources)]
    orders = (_sorted_by_means(layers, order) for order in tries)
    layers.items = min(orders, key=lambda items: _disorder(items, layers.hops))
    return layers


def _depths(flow: Flow) -> list[int]:
    """The layer of each box: right of what it needs, and as far right as costs no wire."""
    depths = [0] * len(flow.boxes)
    for wire in flow.wires:  # in order of their ends, so starts are settled
        depths[wire.end] = max(depths[wire.end], depths[wire.start] + 1)
    last = max(depths)
    depths = [last if box.kind == "sink" else d for box, d in zip(flow.boxes, depths, strict=True)]
    for number in reversed(range(len(flow.boxes))):
        _shift_right(flow, depths, number)
    return depths


def _shift_right(flow: Flow, depths: list[int], number: int) -> None:
    """Move a box with one wire in towards its reader, along a wire that goes there anyway."""
    ins = [wire.start for wire in flow.wires if wire.end == number]
    outs = [depths[wire.end] for wire in flow.wires if wire.start == number]
    if len(ins) == 1 and outs:
        reach = max(depths[wire.end] for wire in flow.wires if wire.start == ins[0])
        depths[number] = max(depths[number], min(min(outs) - 1, reach))


def _with_lanes(flow: Flow, depths: list[int]) -> Layers:
    layers = Layers([[] for _ in range(max(depths) + 1)], [[] for _ in range(max(depths))])
    at: dict[tuple[int, int], Item] = {}  # by net and layer
    for number in range(len(flow.boxes)):
        at[number, depths[number]] = Item(depths[number], number, number)
    for wire in flow.wires:
        for layer in range(depths[wire.start] + 1, depths[wire.end]):
            if (wire.start, layer) not in at:
                lane = at[wire.start, layer] = Item(layer, wire.start, None)
                layers.hops[layer - 1].append(Hop(at[wire.start, layer - 1], lane, None))
        end = depths[wire.end]
        hop = Hop(at[wire.start, end - 1], at[wire.end, end], wire)
        layers.hops[end - 1].append(hop)
    for item in at.values():
        layers.items[item.layer].append(item)
    return layers


def _sorted_by_means(layers: Layers, sources: Sequence[Item]) -> list[list[Item]]:
    """The best order met while sorting layers by their neighbors, forth and back."""
    items = [list(sources), *map(list, layers.items[1:])]
    best, least = [list(layer) for layer in items], _disorder(items, layers.hops)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        path = range(1, len(items)) if forth else range(len(items) - 2, -1, -1)
        for layer in path:
            hops = layers.hops[layer - 1 if forth else layer]
            pairs = [(h.end, h.start) if forth else (h.start, h.end) for h in hops]
            _sort(items[layer], items[layer - 1 if forth else layer + 1], pairs)
        now = _disorder(items, layers.hops)
        if now < least:
            best, least = [list(layer) for layer in items], now
        elif sweep > 1 and sum(map(len, layers.hops)) > _MOST_WORK // 8:
            break
    return best


def _sort(layer: list[Item], beside: list[Item], pairs: Iterable[tuple[Item, Item]]) -> None:
    """Sort a layer by the mean place of each item's neighbors in the layer beside it."""
    places = {item: place for place, item in enumerate(beside)}
    near: dict[Item, list[int]] = {item: [] for item in layer}
    for item, neighbor in pairs:
        near[item].append(places[neighbor])
    own = {item: place for place, item in enumerate(layer)}
    layer.sort(key=lambda item: fmean(near[item]) if near[item] else own[item])


def _disorder(items: list[list[Item]], hops: list[list[Hop]]) -> tuple[int, int]:
    """How many hops cross, and how steep all are."""
    places = {item: place for layer in items for place, item in enumerate(layer)}
    crossings, steepness = 0, 0
    for layer in hops:
        ends = [(places[hop.start], places[hop.end]) for hop in layer]
        crossings += sum(
            (a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(ends, 2)
        )
        steepness += sum(abs(start - end) for start, end in ends)
    return crossings, steepness
