"""Pictures of cells: everything is there once, nothing lies upon anything else."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

from elman import cells
from elman.equations import Cell, to_text
from elman.equations.diagram.draw import arrange, curve, names_in
from elman.equations.diagram.flow import Flow, flow_of
from elman.equations.diagram.heights import Heights, extent_of
from elman.equations.diagram.layers import into_layers
from elman.equations.diagram.route import ARROW, Page, best_order, words_on
from elman.equations.diagram.shape import WORD, Shape, shape_boxes
from elman.equations.diagram.unrolled import MOST_STEPS
from elman.equations.diagram.words import SMALL, formula, text_element, width_of
from elman.errors import ConfigError
from made_up import random_cell

MUT1 = Path(__file__).parents[2] / "examples" / "mut1.eq"
SHELF = [*cells.names(), MUT1]
SVG = "{http://www.w3.org/2000/svg}"


def drawing(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    assert root.tag == SVG + "svg"
    return root


def named(svg: str) -> Counter[str]:
    names = (text.get("data-name", "") for text in drawing(svg).iter(SVG + "text"))
    return Counter(name for text in names for name in text.split())


@pytest.mark.parametrize("name", SHELF)
def test_a_picture_of_a_cell_names_everything_once(name: str | Path):
    cell = cells.get(name)
    scope = cell.scope
    following = [state + "'" for state in scope.states]
    parts = [*scope.inputs, *scope.states, *scope.parameters, *scope.quantities, *following]
    parts += ["y'"] * (scope.output.name == "y") + re.findall(r"(\w+)\^T", cell.text)
    assert named(cell.to_svg()) == Counter(parts)


def test_a_picture_of_a_cell_with_everything_names_everything():
    cell = Cell(
        "input u[E], dt[]\nstatic v[F]\nstate m[R]\nparam p, a[]\n"
        "k = a * 2\nw = V v\nm' = layernorm(Q u) / dt - k * m\n"
        "c' = where(c > p, max(w, 0), 1 / (U h + b))\nh' = P m' + p * c' * 2 + W^T (1 - h) + S x\n"
        "y = h' / (2 * c)"
    )
    found = set(named(cell.to_svg()))
    assert found >= {*cell.scope.kinds, "h'", "m'", "c'", "y'"}


@pytest.mark.parametrize("steps", [1, 3, 7])
@pytest.mark.parametrize("name", SHELF)
def test_an_unrolled_network_shares_one_node_of_weights(name: str | Path, steps: int):
    cell = cells.get(name)
    root = drawing(cell.to_svg(unrolled=steps))
    nodes = [group.get("data-node") for group in root.iter(SVG + "g")]
    assert nodes.count("weights") == 1
    edges = [g.get("data-to") for g in root.iter(SVG + "g") if g.get("data-from") == "weights"]
    assert edges == [str(step) for step in range(1, steps + 1)]
    said = Counter("".join(text.itertext()) for text in root.iter(SVG + "text"))
    for step in range(1, steps + 1):
        assert said[f"step {step}"] == said[f"x{step}"] == said[f"y{step}"] == 1
    for state, step in itertools.product(cell.scope.states, range(steps + 1)):
        assert said[f"{state}{step}"] == 1


def test_static_inputs_are_shared_like_weights():
    root = drawing(Cell("static v[F]\nh' = V v").to_svg(unrolled=2))
    nodes = [g.get("data-node") for g in root.iter(SVG + "g") if g.get("data-node")]
    assert nodes == ["weights", "statics"]


@pytest.mark.parametrize("steps", [-1, MOST_STEPS + 1])
def test_a_network_is_not_unrolled_without_end(steps: int):
    with pytest.raises(ConfigError) as error:
        cells.get("gru").to_svg(unrolled=steps)
    assert str(error.value) == f"a network is unrolled over 1 to 50 steps, not {steps}"


Rectangle = tuple[float, float, float, float]


def boxes_of(flow: Flow, shapes: list[Shape], page: Page) -> list[Rectangle]:
    """What is inside the outline of every box: of a round one, the square that fits into it."""
    found: list[Rectangle] = []
    for at in page.boxes:
        shape, round_ = shapes[at.box], flow.boxes[at.box].kind != "function"
        inset = 0.3 * shape.corner * round_
        half, high = shape.width / 2 - inset, shape.height / 2 - inset
        found.append((at.x - half, at.y - high, at.x + half, at.y + high))
    return found


def words_of(flow: Flow, shapes: list[Shape], page: Page) -> list[tuple[int, Rectangle]]:
    """All words outside of boxes, and the box whose wires they may touch."""
    found: list[tuple[int, Rectangle]] = []
    for at in page.boxes:
        box, shape = flow.boxes[at.box], shapes[at.box]
        top, bottom = at.y - shape.height / 2, at.y + shape.height / 2
        lines = [(formula(box.name), top - 5)] if box.name else []
        for place, note in enumerate(box.notes):
            lines.append((formula(note), bottom + (place + 0.8) * WORD))
        for runs, base in lines:
            half = width_of(runs, SMALL) / 2
            found.append((-1, (at.x - half, base - 0.7 * SMALL, at.x + half, base + 0.2 * SMALL)))
    for path in page.paths:
        if path.wire and words_on(path.wire):
            (x, y), wide = path.points[-1], width_of(words_on(path.wire), SMALL)
            rectangle = (x - ARROW - wide, y - 8 - 0.7 * SMALL, x - ARROW, y - 4)
            found.append((path.net, rectangle))
    return found


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


def pieces(page: Page) -> list[tuple[int, Rectangle]]:
    """The level and upright pieces of all wires, as thin rectangles."""
    found: list[tuple[int, Rectangle]] = []
    for path in page.paths:
        for (a, b), (c, d) in itertools.pairwise(path.points):
            found.append((path.net, (min(a, c), min(b, d) - 1, max(a, c), max(b, d) + 1)))
    return found


RANDOM = [to_text(random_cell(seed, 12)) for seed in range(80)]


@pytest.mark.parametrize("cell", [*SHELF, *RANDOM])
def test_nothing_lies_upon_anything_else(cell: str | Path):
    flow = flow_of(cells.get(cell))
    shapes, page = arrange(flow)
    boxes, words = boxes_of(flow, shapes, page), words_of(flow, shapes, page)
    for one, other in itertools.combinations([*boxes, *(place for _, place in words)], 2):
        assert not overlap(one, other)
    for net, (x0, y0, x1, y1) in pieces(page):
        for box in boxes:
            # a wire may lead to the border of a box, which is inside the square of a round one
            assert not overlap((x0 + 1, y0, x1 - 1, y1), box), "a wire crosses a box"
        for owner, place in words:
            assert net == owner or not overlap((x0, y0, x1, y1), place), "a wire crosses words"
    for x0, y0, x1, y1 in [*boxes, *(place for _, place in words)]:
        assert x0 >= -0.5 and y0 >= -0.5 and x1 <= page.width + 0.5 and y1 <= page.height + 0.5


@pytest.mark.parametrize("cell", [*SHELF, *RANDOM])
def test_no_two_wires_run_along_one_line(cell: str | Path):
    page = arrange(flow_of(cells.get(cell)))[1]
    for (one, a), (other, b) in itertools.combinations(pieces(page), 2):
        level = a[3] - a[1] <= 3.5 >= b[3] - b[1] and a[2] - a[0] > 0.1 < b[2] - b[0]
        upright = a[2] - a[0] < 0.1 > b[2] - b[0]
        if one != other and (level or upright):
            grown = (a[0] - 1 * upright, a[1], a[2] + 1 * upright, a[3])
            assert not overlap(grown, b)


def test_layers_lead_from_one_to_the_next():
    layers = into_layers(flow_of(cells.get("lstm")))
    for number, hops in enumerate(layers.hops):
        assert {hop.start.layer for hop in hops} == {number}
        assert {hop.end.layer for hop in hops} == {number + 1}
    assert [item.box for item in layers.items[0]].count(None) == 0
    assert len(layers.items[-1]) == 2  # the next h and c


def test_items_keep_their_order_and_their_distance():
    flow = flow_of(cells.get("lstm"))
    layers = into_layers(flow)
    shapes = shape_boxes(flow, layers)
    Heights(layers, shapes).settle()
    tops: list[float] = []
    for layer in layers.items:
        for upper, lower in itertools.pairwise(layer):
            room = extent_of(upper, shapes)[1] + extent_of(lower, shapes)[0]
            assert lower.y - upper.y > room
        tops += [item.y - extent_of(item, shapes)[0] for item in layer]
    assert min(tops) == pytest.approx(0)


def test_a_long_wire_is_straight():
    page = arrange(flow_of(cells.get("gru")))[1]
    lanes = [path for path in page.paths if path.wire is None]
    starts = {(path.net, path.points[0][1]) for path in lanes}
    again = [path for path in lanes if (path.net, path.points[-1][1]) in starts]
    assert len(again) >= 3


@pytest.mark.parametrize("count", [1, 4, 6, 9])
def test_tracks_are_put_in_the_best_order(count: int):
    costs = [[abs(a - b) * (a > b) for b in range(count)] for a in range(count)]
    assert best_order(costs) == list(range(count))


def test_the_boxes_of_a_gru_are_its_operations():
    flow = flow_of(cells.get("gru"))
    shown = [(box.kind, box.symbol, box.name, box.notes) for box in flow.boxes]
    assert shown == [
        ("source", "h", "", ()),
        ("source", "x", "", ()),
        ("function", "σ", "r", ("+ b_r",)),
        ("function", "σ", "z", ("+ b_z",)),
        ("pointwise", "+ b_u", "", ()),
        ("pointwise", "⊙", "", ()),
        ("function", "tanh", "n", ("+ b_n",)),
        ("pointwise", "1 −", "", ()),
        ("pointwise", "⊙", "", ()),
        ("pointwise", "⊙", "", ()),
        ("pointwise", "+", "", ()),
        ("sink", "h", "", ()),
    ]


def test_wires_carry_matrices_and_signs():
    flow = flow_of(Cell("param p\nh' = p * W U^T h / x - x / 2"))
    carried = [(flow.boxes[w.start].symbol, w.labels, w.mark) for w in flow.wires]
    assert carried == [
        ("h", ("W", "Uᵀ"), ""),
        ("x", (), "÷"),
        ("⊙", (), ""),
        ("x", ("÷ 2",), "−"),
        ("+", (), ""),
    ]


def test_greek_names_and_the_sigmoid_are_letters():
    runs = formula("sigmoid(alpha_t) * W")
    assert [run.letters for run in runs] == ["σ", "(", "α", "t", ") ⊙ ", "W"]
    assert [run.italic for run in runs] == [False, False, True, True, False, True]


def test_a_bend_is_round():
    points = ((0.0, 0.0), (20.0, 0.0), (20.0, 30.0), (50.0, 30.0))
    assert curve(points) == (
        "M0.0 0.0L13.0 0.0Q20.0 0.0 20.0 7.0L20.0 23.0Q20.0 30.0 27.0 30.0L50.0 30.0"
    )


def test_words_are_safe_in_xml():
    element = text_element(formula("a < b_1 & c"), 0, 0, name="<&>")
    text = ElementTree.fromstring(element)
    assert "".join(text.itertext()) == "a < b1 & c"
    assert text.get("data-name") == "<&>"
    assert names_in("+ p_1 * W_r") == "p_1 W_r"


def test_a_title_cannot_break_the_picture():
    drawing(Cell("h' = x", name="</title><script>").to_svg())
    drawing(Cell("h' = x", name="</title><script>").to_svg(unrolled=1))


def test_a_large_cell_is_drawn_in_a_moment():
    lines = [
        f"r_{n} = tanh(W_{n} x + U_{n} h) * {'r_' + str(n - 1) if n else 'x'}" for n in range(40)
    ]
    drawing(Cell("\n".join([*lines, "h' = r_39"])).to_svg())
