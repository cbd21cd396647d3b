"""Pages about cells: the shelf, one cell in short, its graph, its derivative.

In: cells. Out: text that ends in a line end, and facts for `--json`. Nothing heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from elman import derive
from elman.equations import Cell
from elman.graph import Dependence, Node, show
from elman.graph.node import is_leaf
from elman.graph.text import Writer, columns, listed, names, polynomial

Sizes = dict[str, int]
_WIDE = 120  # characters


def sizes(cell: Cell, features: int, units: int) -> Sizes:
    """A number for every size of a cell: D, and the same for all others."""
    return {size: features if size == "D" else units for size in cell.step.sizes()}


def shelf(cells: Sequence[Cell], width: int) -> str:
    """One line a cell, at most so wide; where there is room, with its parameters by size."""
    rows = [("name", "states", "matrices", "parameters", "at 128", "")]
    for cell in cells:
        shapes = [parameter.shape for parameter in cell.parameters.values()]
        matrices = sum(len(shape) == 2 for shape in shapes)
        count = f"{_numbers(cell, sizes(cell, 128, 128)):>7,}"
        states = " ".join(cell.states)
        rows.append((cell.name, states, f"{matrices:>8}", polynomial(shapes), count, cell.title))
    shown = rows if width >= _WIDE else [row[:3] + row[4:] for row in rows]
    return "\n".join(line[:width].rstrip() for line in columns(shown)) + "\n"


def summary(cell: Cell, sizes: Sizes) -> str:
    """The equations, then what follows from them: names and sizes, work, and doubts."""
    doubts = [f"warning: {warning}" for warning in cell.warnings]
    rows = table(cell, sizes)
    parts = [cell.text.rstrip(), "", *rows, *([""] if doubts else []), *doubts]
    return "\n".join(parts) + "\n"


def table(cell: Cell, sizes: Sizes) -> Iterator[str]:
    """What follows from the equations, a line each: names and sizes, then the work of a step."""
    yield from show.leaves(cell.step)
    shapes = [parameter.shape for parameter in cell.parameters.values()]
    at = ", ".join(f"{name} = {number}" for name, number in sizes.items())
    yield f"{'numbers':<10}  {polynomial(shapes)} = {_numbers(cell, sizes):,} at {at}"
    for left, right in sorted(cell.step.requires):
        yield f"{'requires':<10}  {left} = {right}, for x meets a state without a matrix"
    products, rest = operations(cell)
    yield f"{'each step':<10}  {len(products)} products, {rest} operations element by element"
    free = [_written(cell, node) for node in products if _is_free(node)]
    if free:
        yield f"{'':<10}  out of the loop: {listed(free, 29)}"


def operations(cell: Cell) -> tuple[list[Node], int]:
    """The products of a step, in the order of the equations, and how much else it computes."""
    computed = [node for node in cell.step.nodes() if not is_leaf(node)]
    products = [node for node in computed if node.op == "linear"]
    places = cell.step.places
    products.sort(key=lambda node: places[node][:2] if node in places else (0, 0))
    return products, sum(node.op not in ("linear", "spread") for node in computed)


def _is_free(node: Node) -> bool:
    return node.dependence < Dependence.STATE


def _written(cell: Cell, node: Node) -> str:
    return Writer(names(cell.step)).operation(node)


def _numbers(cell: Cell, sizes: Mapping[str, int]) -> int:
    shapes = (parameter.shape for parameter in cell.parameters.values())
    return sum(prod(sizes[size] for size in shape) for shape in shapes)


def facts(cell: Cell, sizes: Sizes) -> dict[str, object]:
    """What is known about a cell, for `--json`."""
    products, rest = operations(cell)
    return {
        **cell.to_json(),
        "sizes": sizes,
        "numbers": _numbers(cell, sizes),
        "products": [_written(cell, node) for node in products],
        "out_of_the_loop": [_written(cell, node) for node in products if _is_free(node)],
        "other_operations": rest,
    }


def graph(cell: Cell) -> str:
    """The step, one operation a line."""
    return show.graph(cell.step)


def derivative(cell: Cell) -> str:
    """The adjoint of the step as equations."""
    return show.derivative(cell.step, derive.reverse(cell.step))
