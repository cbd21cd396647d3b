"""How large boxes are, and where wires enter them."""

from __future__ import annotations

from dataclasses import dataclass

from elman.equations.diagram.flow import Box, Flow, Kind, Wire
from elman.equations.diagram.layers import Layers
from elman.equations.diagram.words import LARGE, SMALL, Run, formula, width_of, word

WORD = 18.0  # the height of a line of words
# The least height of a box; two pills, one above the other, are as far apart as labeled ports.
_HEIGHTS: dict[Kind, float] = {"source": 27, "sink": 27, "function": 38, "pointwise": 32}
_SHARP = 6.0  # the corner of a function; other boxes are round
_LABELED, _PLAIN = 35.0, 16.0  # from port to port


@dataclass(frozen=True)
class Shape:
    """The size of a box, the height of the words above and below it, and its ports.

    `room` is the width with these words; `ports` says for each wire how far below the middle of the
    box it enters, from top to bottom.
    """

    width: float
    height: float
    corner: float
    room: float
    above: float
    below: float
    ports: dict[Wire, float]


def inside(box: Box) -> list[Run]:
    """What is written in a box."""
    return word(box.symbol) if box.kind == "function" else formula(box.symbol, box.when)


def shape_boxes(flow: Flow, layers: Layers) -> list[Shape]:
    """The shape of every box."""
    places = {item: place for layer in layers.items for place, item in enumerate(layer)}
    came: dict[Wire, int] = {}
    for hops in layers.hops:
        came |= {hop.wire: places[hop.start] for hop in hops if hop.wire}
    shapes: list[Shape] = []
    for number, box in enumerate(flow.boxes):
        wires = [wire for wire in flow.wires if wire.end == number]
        if not box.ordered:
            wires.sort(key=lambda wire: came[wire])
        shapes.append(_shape(box, wires))
    return shapes


def _shape(box: Box, wires: list[Wire]) -> Shape:
    labeled = any(wire.labels or wire.mark for wire in wires)
    apart = _LABELED if labeled else _PLAIN
    span = apart * max(0, len(wires) - 1)
    ports = {wire: place * apart - span / 2 for place, wire in enumerate(wires)}
    height = max(_HEIGHTS[box.kind], span + 22 * bool(wires))
    width = max(width_of(inside(box), LARGE) + 20, height if box.kind == "pointwise" else 50)
    notes = max((width_of(formula(note), SMALL) for note in box.notes), default=0)
    named = width_of(formula(box.name), SMALL) + 8
    return Shape(
        width=width,
        height=height,
        corner=_SHARP if box.kind == "function" else min(width, height) / 2,
        room=max(width, notes, named),
        above=max(WORD * bool(box.name), 8 * labeled),
        below=WORD * len(box.notes),
        ports=ports,
    )
