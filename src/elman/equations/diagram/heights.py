"""How high everything stands: wires straight where that is possible, nothing upon another.

Items that should be level with one another form a block, which moves as one: first each lane with
the next of its wire, then whatever came to stand nearly level. Blocks are drawn to where their
wires would be straight and pushed apart where they are too near, by turns.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from elman.equations.diagram.layers import Hop, Item, Layers
from elman.equations.diagram.shape import Shape

_LANE = 8.0  # half the height that a lane keeps free
_GAP = 8.0  # between items
_START = 70.0  # from item to item, before anything moves
_NEARLY = 26.0  # less of a difference in height is worth making level
_TURNS, _PUSHES = 60, 6
_MOST = 500  # items; a larger picture is left a little crooked, to be there in a moment


@dataclass(eq=False)
class _Block:
    """Items that move together: `y` is the height from which their `offsets` are measured."""

    y: float
    items: list[Item] = field(default_factory=list[Item])


@dataclass(frozen=True)
class _Room:
    """Two neighbors in a layer and the least distance between their middles."""

    upper: Item
    lower: Item
    distance: float


def port_of(hop: Hop, shapes: list[Shape]) -> float:
    """How far below the middle of its end a hop enters."""
    return shapes[hop.wire.end].ports[hop.wire] if hop.wire else 0.0


def extent_of(item: Item, shapes: list[Shape]) -> tuple[float, float]:
    """How far an item with its words reaches above and below its middle."""
    if item.box is None:
        return _LANE, _LANE
    shape = shapes[item.box]
    return shape.height / 2 + shape.above, shape.height / 2 + shape.below


class Heights:
    """The heights of all items; `settle` gives every item its `y`, from 0 at the top."""

    def __init__(self, layers: Layers, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self.items = [item for layer in layers.items for item in layer]
        self.ports = {hop: port_of(hop, shapes) for hops in layers.hops for hop in hops}
        self.block: dict[Item, _Block] = {}
        self.offset = dict.fromkeys(self.items, 0.0)  # from the height of the block
        self.rooms: list[_Room] = []
        for layer in layers.items:
            for place, item in enumerate(layer):
                self.block[item] = _Block((place - len(layer) / 2) * _START, [item])
            for upper, lower in itertools.pairwise(layer):
                apart = extent_of(upper, shapes)[1] + _GAP + extent_of(lower, shapes)[0]
                self.rooms.append(_Room(upper, lower, apart))

    def settle(self) -> None:
        """Find the heights."""
        if len(self.items) > _MOST:
            self._relax(_TURNS // 10)
        else:
            for hop in self.ports:
                if hop.start.box is None and hop.end.box is None:
                    self._make_level(hop)
            self._relax(_TURNS)
            for hop in sorted(self.ports, key=lambda hop: abs(self._slope(hop))):
                if abs(self._slope(hop)) < _NEARLY:
                    self._make_level(hop)
            self._relax(_TURNS)
        self._give()

    def nudge(self, moves: list[tuple[Item, float]]) -> None:
        """Move items out of their blocks, and what is in their way with them."""
        for item, by in dict(moves).items():
            self.block[item].items.remove(item)
            self.block[item] = _Block(self._height(item) + by, [item])
            self.offset[item] = 0.0
        self._give()

    def _give(self) -> None:
        self._push(exactly=True)
        top = min(self._height(i) - extent_of(i, self.shapes)[0] for i in self.items)
        for item in self.items:
            item.y = self._height(item) - top

    def _height(self, item: Item) -> float:
        return self.block[item].y + self.offset[item]

    def _slope(self, hop: Hop) -> float:
        """How far a hop leads down."""
        return self._height(hop.end) + self.ports[hop] - self._height(hop.start)

    def _make_level(self, hop: Hop) -> None:
        """Join the blocks of a hop's ends, unless there is no room for that."""
        one, other = self.block[hop.start], self.block[hop.end]
        if one is other:
            return
        shift = self.offset[hop.start] - self.ports[hop] - self.offset[hop.end]
        before = {item: self.offset[item] for item in other.items}
        self._move(other.items, one, {item: self.offset[item] + shift for item in other.items})
        if not self._is_possible():
            self._move(other.items, other, before)
            return
        weight = len(other.items) / (len(one.items) + len(other.items))
        one.y += weight * (other.y - shift - one.y)
        one.items += other.items

    def _move(self, items: list[Item], block: _Block, offsets: dict[Item, float]) -> None:
        for item in items:
            self.block[item], self.offset[item] = block, offsets[item]

    def _is_possible(self) -> bool:
        """Whether some heights of the blocks leave every room its distance (Bellman and Ford)."""
        lowest: dict[_Block, float] = dict.fromkeys(self.block.values(), 0.0)
        for _ in range(len(lowest) + 1):
            moved = False
            for room in self.rooms:
                needed = lowest[self.block[room.upper]] + self._apart(room)
                if needed > lowest[self.block[room.lower]] + 1e-6:
                    if self.block[room.upper] is self.block[room.lower]:
                        return False
                    lowest[self.block[room.lower]], moved = needed, True
            if not moved:
                return True
        return False

    def _apart(self, room: _Room) -> float:
        """The least distance between the heights of the blocks of two neighbors."""
        return room.distance + self.offset[room.upper] - self.offset[room.lower]

    def _relax(self, turns: int) -> None:
        for turn in range(turns):
            self._pull(0.9 - 0.6 * turn / turns)
            self._push()

    def _pull(self, strength: float) -> None:
        """Move every block towards where its wires would be straight."""
        total = dict.fromkeys(self.block.values(), 0.0)
        count = dict.fromkeys(self.block.values(), 0)
        for hop in self.ports:
            slope = self._slope(hop)
            for item, wish in ((hop.start, slope), (hop.end, -slope)):
                total[self.block[item]] += wish
                count[self.block[item]] += 1
        for block, wish in total.items():
            block.y += strength * wish / max(1, count[block])

    def _push(self, *, exactly: bool = False) -> None:
        """Part blocks that are too near: both give way, or, for an exact end, only the lower."""
        for _ in range(len(self.rooms) + 1 if exactly else _PUSHES):
            near = [(room, self._missing(room)) for room in self.rooms]
            if all(missing <= 1e-6 for _, missing in near):
                return
            for room, _ in near:
                missing = max(0.0, self._missing(room))
                self.block[room.lower].y += missing * (1 if exactly else 0.5)
                self.block[room.upper].y -= missing * (0 if exactly else 0.5)

    def _missing(self, room: _Room) -> float:
        """How much nearer two neighbors are than they may be."""
        return room.distance - self._height(room.lower) + self._height(room.upper)
