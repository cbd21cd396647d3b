"""A laid-out cell as SVG: boxes, wires with the color of what they carry, words."""

from __future__ import annotations

import re
from html import escape

from elman.equations.diagram.flow import Box, Flow, flow_of
from elman.equations.diagram.heights import Heights
from elman.equations.diagram.layers import into_layers
from elman.equations.diagram.route import (
    ARROW,
    Page,
    Path,
    Placed,
    Point,
    clashes,
    lay_out,
    words_on,
)
from elman.equations.diagram.shape import WORD, Shape, inside, shape_boxes
from elman.equations.diagram.words import FONT, LARGE, SMALL, formula, text_element
from elman.equations.functions import FUNCTIONS
from elman.equations.sizes import Understood

_STROKE = 'stroke-width="1.6" stroke-linecap="round"'
_ROUNDS = 8  # of moving apart what still clashes
BORDER = 20.0
BEND = 7.0

INK = "#222222"
QUIET = "#555555"
# The wires of each source have a color of their own; what is computed is gray.
WIRES = ("#1f6fb2", "#c2571a", "#2f8f4e", "#8a4fae", "#a88400", "#0f8c8c")
COMPUTED = "#5a5a5a"
FILLS = {
    "source": ("#eef3f8", "#7d93a8"),
    "sink": ("#eef3f8", "#7d93a8"),
    "function": ("#fff3d1", "#c79a2b"),
    "pointwise": ("#fbe6e6", "#c07a7a"),
}


def draw_cell(cell: Understood) -> str:
    """One step of a cell: from the input and the last states on the left to the next ones."""
    flow = flow_of(cell)
    shapes, page = arrange(flow)
    colors = wire_colors(flow)
    parts = [_path(path, colors[path.net]) for path in page.paths]
    parts += [_words(path) for path in page.paths if path.wire and words_on(path.wire)]
    for placed in page.boxes:
        parts += _box(flow.boxes[placed.box], shapes[placed.box], placed)
    return document(page.width, page.height, f"One step of {cell.name}", parts)


def arrange(flow: Flow) -> tuple[list[Shape], Page]:
    """The shape of every box, and the page with everything in its place."""
    layers = into_layers(flow)
    shapes = shape_boxes(flow, layers)
    heights = Heights(layers, shapes)
    heights.settle()
    for _ in range(_ROUNDS):
        found = clashes(layers, shapes)
        if not found:
            break
        heights.nudge(found)
    return shapes, lay_out(flow, layers, shapes)


def names_in(text: str) -> str:
    """The names in a formula, for a page that asks what a text stands for."""
    found = re.findall(r"[A-Za-z][A-Za-z0-9_]*", text)
    return " ".join(name for name in found if name not in FUNCTIONS)


def document(width: float, height: float, title: str, parts: list[str]) -> str:
    """A whole SVG with a border around what is in it, on white."""
    w, h = width + 2 * BORDER, height + 2 * BORDER
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" '
            f'width="{w:g}" height="{h:g}" font-family="{FONT}" fill="{INK}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{w:g}" height="{h:g}" fill="white"/>',
            f'<g transform="translate({BORDER:g} {BORDER:g})">',
            *parts,
            "</g>",
            "</svg>\n",
        ]
    )


def wire_colors(flow: Flow) -> list[str]:
    """The color of the wires from each box."""
    named = [n for n, box in enumerate(flow.boxes) if box.kind == "source" and box.when]
    named.sort(key=lambda n: flow.boxes[n].when != "t")  # inputs first: x is blue in every picture
    own = {number: WIRES[place % len(WIRES)] for place, number in enumerate(named)}
    return [own.get(number, COMPUTED) for number in range(len(flow.boxes))]


def curve(points: tuple[Point, ...]) -> str:
    """The data of an SVG path through level and upright pieces, its corners rounded."""
    data = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for before, corner, behind in zip(points, points[1:], points[2:], strict=False):
        bend = min(BEND, _length(before, corner) / 2, _length(corner, behind) / 2)
        (x1, y1), (x2, y2) = _towards(corner, before, bend), _towards(corner, behind, bend)
        data += f"L{x1:.1f} {y1:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {x2:.1f} {y2:.1f}"
    return data + f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(start: Point, goal: Point, distance: float) -> Point:
    """The point so far from the start, on a level or upright line to the goal."""
    share = distance / (_length(start, goal) or 1)
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


def line(points: tuple[Point, ...], color: str) -> str:
    """A wire without a head."""
    return f'<path d="{curve(points)}" fill="none" stroke="{color}" {_STROKE}/>'


def head(tip: Point, color: str, direction: Point = (1, 0)) -> str:
    """The head of an arrow."""
    (x, y), (u, v) = tip, direction
    corners = [(x, y)]
    corners += [(x - 7 * u - 3.5 * side * v, y - 7 * v - 3.5 * side * u) for side in (1, -1)]
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" fill="{color}"/>'


def rounded(x: float, y: float, width: float, height: float, kind: str, corner: float) -> str:
    """The outline of a box around its middle."""
    fill, stroke = FILLS[kind]
    size = f'width="{width:.1f}" height="{height:.1f}" rx="{corner:g}"'
    look = f'fill="{fill}" stroke="{stroke}" stroke-width="1.4"'
    return f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" {size} {look}/>'


def _path(path: Path, color: str) -> str:
    end = path.points[-1]
    if not path.wire:
        return line(path.points, color)
    # the line ends inside its head, which is sharper than the line is wide
    points = (*path.points[:-1], (end[0] - 3, end[1]))
    return line(points, color) + head(end, color)


def _words(path: Path) -> str:
    x, y = path.points[-1]
    wire = path.wire
    assert wire  # only wires that end at a port have words
    name = names_in(" ".join(wire.labels))
    return text_element(words_on(wire), x - ARROW, y - 8, SMALL, anchor="end", name=name)


def _box(box: Box, shape: Shape, at: Placed) -> list[str]:
    top = at.y - shape.height / 2
    outline = rounded(at.x, at.y, shape.width, shape.height, box.kind, shape.corner)
    name = "" if box.kind == "function" else names_in(box.symbol) + "'" * (box.kind == "sink")
    parts = [outline, text_element(inside(box), at.x, at.y + 0.3 * LARGE, LARGE, name=name)]
    if box.name:
        parts.append(text_element(formula(box.name), at.x, top - 5, SMALL, name=box.name))
    for place, note in enumerate(box.notes):
        base = top + shape.height + (place + 0.8) * WORD
        parts.append(text_element(formula(note), at.x, base, SMALL, name=names_in(note)))
    return parts
