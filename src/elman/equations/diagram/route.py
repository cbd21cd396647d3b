"""Wires laid out: level from box to box, with upright pieces between the layers.

Between two layers each box or lane has one upright track that all its wires share; the tracks are
in the order with the fewest crossings and with no two wires upon one another.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from elman.equations.diagram.flow import Flow, Wire
from elman.equations.diagram.heights import extent_of, port_of
from elman.equations.diagram.layers import Hop, Item, Layers
from elman.equations.diagram.shape import Shape
from elman.equations.diagram.words import SMALL, Run, formula, width_of

Point = tuple[float, float]

ARROW = 10.0  # from a port back to the words on its wire
_TRACK = 13.0  # from track to track
_MARGIN = 12.0  # beside the tracks
_LEVEL = 0.75  # less of a difference in height needs no track
_TOUCH = 6.0  # nearer than this, wires look like one
_MOST_EXACT = 6  # tracks whose best order is found exactly


@dataclass(frozen=True)
class Placed:
    """A box, by its number, and its middle."""

    box: int
    x: float
    y: float


@dataclass(frozen=True)
class Path:
    """A piece of the wires from box `net`; `wire` is the one whose port it ends at, if it does."""

    net: int
    points: tuple[Point, ...]
    wire: Wire | None


@dataclass(frozen=True)
class Page:
    """Everything with its place, from (0, 0) to (width, height)."""

    width: float
    height: float
    boxes: list[Placed]
    paths: list[Path]


def words_on(wire: Wire) -> list[Run]:
    """What is written on a wire, where it enters a box."""
    labels = formula(" ".join(wire.labels))
    return [*labels, *formula(" " * bool(labels) + wire.mark)] if wire.mark else labels


def lay_out(flow: Flow, layers: Layers, shapes: list[Shape]) -> Page:
    """The page: columns of boxes, and the wires between them."""
    rooms = [max(_room(item, shapes) for item in layer) for layer in layers.items]
    tracks = [_tracks(hops, shapes) for hops in layers.hops]
    lefts = [0.0]
    for room, track, hops in zip(rooms, tracks, layers.hops, strict=False):
        lefts.append(lefts[-1] + room + 2 * _MARGIN + _TRACK * len(track) + _words(hops))
    middles = [left + room / 2 for left, room in zip(lefts, rooms, strict=True)]
    paths: list[Path] = []
    for layer, hops in enumerate(layers.hops):
        for hop in hops:
            place = tracks[layer].get(hop.start, 0)
            track = lefts[layer] + rooms[layer] + _MARGIN + _TRACK * place
            start = _exit(hop.start, lefts[layer], middles[layer], shapes)
            end = _entry(hop, lefts[layer + 1], middles[layer + 1], shapes)
            heights = hop.start.y, hop.end.y + port_of(hop, shapes)
            paths.append(Path(hop.start.net, _points(start, track, end, *heights), hop.wire))
    boxes = [
        Placed(item.box, middles[item.layer], item.y)
        for layer in layers.items
        for item in layer
        if item.box is not None
    ]
    height = max(i.y + extent_of(i, shapes)[1] for layer in layers.items for i in layer)
    return Page(lefts[-1] + rooms[-1], height, boxes, paths)


def clashes(layers: Layers, shapes: list[Shape]) -> list[tuple[Item, float]]:
    """Items at whose end a wire lies upon another, and the way to move them so that it does not.

    No order of tracks can help two wires that each end where the other one begins.
    """
    found: list[tuple[Item, float]] = []
    for hops in layers.hops:
        tracks = _tracks(hops, shapes)
        for hop, other in itertools.product(hops, tracks):
            apart = hop.end.y + port_of(hop, shapes) - other.y
            left_of_it = hop.start in tracks and tracks[hop.start] < tracks[other]
            if left_of_it and abs(apart) < _TOUCH:
                found.append((hop.end, math.copysign(_TOUCH + 2, apart)))
    return found


def _room(item: Item, shapes: list[Shape]) -> float:
    return 0.0 if item.box is None else shapes[item.box].room


def _words(hops: list[Hop]) -> float:
    """The room that the words before the next layer take."""
    return max(
        (width_of(words_on(h.wire), SMALL) + ARROW for h in hops if h.wire and words_on(h.wire)),
        default=0.0,
    )


def _exit(item: Item, left: float, middle: float, shapes: list[Shape]) -> float:
    return left if item.box is None else middle + shapes[item.box].width / 2


def _entry(hop: Hop, left: float, middle: float, shapes: list[Shape]) -> float:
    """Where a hop meets the border of its box, or the column of its lane."""
    if not hop.wire:
        return left
    shape = shapes[hop.wire.end]
    in_corner = shape.corner - (shape.height / 2 - abs(port_of(hop, shapes)))
    inset = shape.corner - math.sqrt(shape.corner**2 - max(0.0, in_corner) ** 2)
    return middle - shape.width / 2 + inset


def _points(
    start: float, track: float, end: float, before: float, behind: float
) -> tuple[Point, ...]:
    if abs(before - behind) < _LEVEL:
        return (start, before), (end, behind)
    return (start, before), (track, before), (track, behind), (end, behind)


@dataclass(frozen=True)
class _Net:
    """The hops of one item in one channel: where they come from and go to."""

    start: float
    ends: tuple[float, ...]
    low: float
    high: float

    def badness(self, y: float) -> int:
        """How bad it is that a level wire at `y` meets the track: crossing, touching, or not."""
        crosses = self.low < y < self.high
        touches = abs(y - self.low) < _TOUCH or abs(y - self.high) < _TOUCH
        return crosses + 40 * touches


def _tracks(hops: list[Hop], shapes: list[Shape]) -> dict[Item, int]:
    """The place of each item's track, from left to right; items that run level need none."""
    ends: dict[Item, list[float]] = {}
    for hop in hops:
        ends.setdefault(hop.start, []).append(hop.end.y + port_of(hop, shapes))
    nets = {
        item: _Net(item.y, tuple(goals), min(item.y, *goals), max(item.y, *goals))
        for item, goals in ends.items()
        if any(abs(goal - item.y) >= _LEVEL for goal in goals)
    }
    items = list(nets)
    costs = [[_cost(nets[left], nets[right]) for right in items] for left in items]
    return {items[k]: place for place, k in enumerate(best_order(costs))}


def _cost(left: _Net, right: _Net) -> int:
    """How bad it is to have one track left of the other: crossings, touches, overlaps."""
    cost = 0
    for end in left.ends:
        cost += right.badness(end) + 1000 * (abs(end - right.start) < _TOUCH)
    return cost + left.badness(right.start)


def best_order(costs: list[list[int]]) -> list[int]:
    """The order in which the costs of all pairs add up to the least."""
    places = range(len(costs))
    if len(costs) <= _MOST_EXACT:
        return list(min(itertools.permutations(places), key=lambda order: _total(costs, order)))
    gains = [sum(costs[k]) - sum(row[k] for row in costs) for k in places]
    order = sorted(places, key=gains.__getitem__)
    for k in places:  # take each out, and put it back where it is best
        order.remove(k)
        before = list(itertools.accumulate((costs[other][k] for other in order), initial=0))
        behind = list(itertools.accumulate((costs[k][o] for o in reversed(order)), initial=0))[::-1]
        order.insert(min(places, key=lambda at: before[at] + behind[at]), k)
    return order


def _total(costs: list[list[int]], order: tuple[int, ...]) -> int:
    return sum(costs[a][b] for a, b in itertools.combinations(order, 2))
