"""Weight gradients: sums over all steps and rows, in an order that depends on nothing but shape.

Items of a chunk are taken in blocks of 64; each block is summed by one chain of fused
multiply-adds per result and then added to what the blocks before it gave. The work is split by
output, never by item, so any number of threads gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.functions import Lanes
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.product import ceiling, spans
from elman.kernels.llvm.text import GLUE, Function
from elman.kernels.stages import Plan

BLOCK = 64
TILES = 44  # of left sides that are laid out at once: they stay in the second cache
AHEAD = 16  # items between what is copied and what is fetched
LINE = 64  # bytes that a processor fetches at once
SUM = (
    "ptr %lefts, ptr %rights, i64 %size, i64 %columns, ptr %to, i64 %count, i64 %part, "
    "i64 %parts, ptr %panel"
)
OUTER = "ptr %left, ptr %right, i64 %items, i64 %i, i64 %j, i64 %columns, ptr %to"


def shapes(machine: Machine) -> tuple[tuple[int, int], ...]:
    """The tiles (rows, vectors) of an outer product."""
    tall, wide = (6, 4) if machine.registers == 32 else (6, 2)
    return tuple((height, width) for width in (wide, 1) for height in (tall, 2, 1))


def widths(machine: Machine) -> tuple[int, ...]:
    """The widths of those tiles."""
    return tuple(sorted({width for _, width in shapes(machine)}))


def heights(machine: Machine) -> tuple[int, ...]:
    """The heights of those tiles, the tallest first."""
    return tuple(sorted({height for height, _ in shapes(machine)}, reverse=True))


def outer(a: Arithmetic, height: int, width: int) -> str:
    """`outer_<height>x<width>`: to[i.., j..] += sum over items of left[i..] right[j..].

    `left` and `right` hold these columns of all items side by side, see `gather`; of pairs, which
    are those of two items, `items` counts pairs. What is added to is far away, and is fetched while
    the sum is made.
    """
    f = Function(f"outer_{height}x{width}", OUTER, attributes="noinline nounwind")
    v, lanes = a.lines(f), a.lanes
    inside = v.before(f.op("sub", "%columns", "%j", "left")) if width == 1 else ""
    places = [(row, vec) for row in range(height) for vec in range(width)]
    sums = {p: f.fresh("sum") for p in places}
    news = {p: f.fresh("new") for p in places}
    starts = [
        f.op("add", f.op("mul", f.op("add", "%i", str(i)), "%columns"), "%j") for i in range(height)
    ]
    numbers = LINE // (4 if v.scalar == "float" else 8)
    for start in starts:
        for first in range(0, width * lanes, numbers):
            f.fetch(f.at("%to", f.op("add", start, str(first)), v.scalar), write=True)
    f.line("br label %item")
    f.place("item")
    f.line("%n = phi i64 [0, %entry], [%n.next, %item]")
    for p in places:
        f.line(f"{sums[p]} = phi {v.kind} [zeroinitializer, %entry], [{news[p]}, %item]")
    left = f.at("%left", f.op("mul", "%n", str(height)), v.scalar, "left")
    right = f.at("%right", f.op("mul", "%n", str(width * lanes)), v.scalar, "right")
    w = [_read(f, v, f.at(right, str(vec * lanes), v.scalar), "") for vec in range(width)]
    for i in range(height):
        wide = v.spread(f.load(v.scalar, f.at(left, str(i), v.scalar), "x"))
        for vec in range(width):
            a.add(v, news[i, vec], wide, w[vec], sums[i, vec])
    f.line("%n.next = add nuw nsw i64 %n, 1")
    f.line("%more = icmp slt i64 %n.next, %items")
    f.line("br i1 %more, label %item, label %done")
    f.place("done")
    for i, vec in places:
        at = f.at("%to", f.op("add", starts[i], str(vec * lanes)), v.scalar)
        total = v.do("fadd", _read(f, v, at, inside), news[i, vec])
        _write(f, v, at, total, inside)
    return f.text()


def gather_right(a: Arithmetic, width: int) -> str:
    """`gather_<width>`: the columns j.. of all items' right sides, side by side.

    Rows lie at distances that are mostly powers of two, where a cache keeps few of them, and a
    processor cannot guess which is the next.
    """
    f = Function(
        f"gather_{width}",
        "ptr %rows, i64 %items, i64 %j, i64 %columns, ptr %panel",
        attributes="nounwind",
    )
    v = a.lines(f)
    masks = [v.before(f.op("sub", "%columns", "%j")) if width == 1 else ""] * width
    last = f.op("sub", "%items", "1", "last")
    with _each_item(f, a) as item:
        for later in range(AHEAD, AHEAD + 1 + a.pairs):
            ahead = f.smaller(f.op("add", item.number, str(later)), last)
            f.fetch(f.at(f.load("ptr", f.at("%rows", ahead, "ptr")), "%j", v.scalar))
        to = f.op("mul", a.counted(f, item.number), str(width * a.lanes))
        _copy(v, a, item, "%j", f.at("%panel", to, v.scalar), masks)
    return f.text()


def gather_left(a: Arithmetic, height: int) -> str:
    """`gather_left_<height>`: columns `from` to `to` of all items' left sides, tile after tile.

    Whole vectors are written, of which the next item takes what it needs.
    """
    f = Function(
        f"gather_left_{height}",
        "ptr %rows, i64 %items, i64 %from, i64 %to, ptr %panel",
        attributes="nounwind",
    )
    v = a.lines(f)
    left = range(height, 0, -a.lanes)
    masks = [v.before(str(some)) if some < a.lanes else "" for some in left]
    with _each_item(f, a) as item, f.loop("i", "%from", "%to", str(height)) as i:
        tile = f.op("mul", f.op("sub", i, "%from"), str(_apart(a.lanes)))
        place = f.op("add", tile, f.op("mul", a.counted(f, item.number), str(height)))
        _copy(v, a, item, i, f.at("%panel", place, v.scalar), masks)
    return f.text()


@dataclass(frozen=True)
class _Item:
    """An item and its row; of pairs, two of them, of which the second may be missing."""

    number: str
    rows: tuple[str, ...]
    second: str = ""


@contextmanager
def _each_item(f: Function, a: Arithmetic) -> Generator[_Item]:
    with f.loop("n", "0", "%items", "2" if a.pairs else "1") as n:
        row = f.load("ptr", f.at("%rows", n, "ptr"), "row")
        if not a.pairs:
            yield _Item(n, (row,))
            return
        following = f.op("add", n, "1")
        there = f.let("there", f"icmp slt i64 {following}, %items")
        at = f.let("next", f"select i1 {there}, i64 {following}, i64 {n}")
        yield _Item(n, (row, f.load("ptr", f.at("%rows", at, "ptr"), "row")), there)


def _copy(v: Lanes, a: Arithmetic, item: _Item, j: str, to: str, masks: Sequence[str]) -> None:
    """The vectors of an item from column j on, of which some have fewer columns."""
    f = v.f
    for vec, mask in enumerate(masks):
        column = f.op("add", j, str(vec * v.lanes))
        value, *second = (_read(f, v, f.at(row, column, v.scalar), mask) for row in item.rows)
        for more in second:
            kinds = f"{v.kind} {more}, {v.kind} zeroinitializer"
            value = a.pair(v, value, f.let("other", f"select i1 {item.second}, {kinds}"))
        at = f.at(to, str(vec * v.lanes), v.scalar)
        f.line(f"store {v.kind} {value}, ptr {at}, align 4")


def _right_numbers(machine: Machine, lanes: int) -> int:
    """Numbers in the widest panel of right sides."""
    return BLOCK * shapes(machine)[0][1] * lanes


def panel_numbers(machine: Machine, lanes: int, rows: int) -> int:
    """Numbers in the panels of a sum of matrices with so many rows; pairs need half of it."""
    laid_out = min(rows, TILES * heights(machine)[0])
    return _right_numbers(machine, lanes) + laid_out * _apart(lanes)


def _apart(lanes: int) -> int:
    """Numbers from one left side that is laid out to the next: room for what is written beyond."""
    return BLOCK + lanes


def column_sum(dtype: str, lanes: int) -> str:
    """`column_sum`: to[j..] += sum over items of left[j..], one vector of units."""
    f = Function(
        "column_sum", "ptr %left, i64 %items, i64 %j, i64 %columns, ptr %to", attributes="nounwind"
    )
    v = Lanes(f, dtype, lanes)
    inside = v.before(f.op("sub", "%columns", "%j", "left"))

    def part(n: str) -> tuple[str, str]:
        left = f.at(f.load("ptr", f.at("%left", n, "ptr")), "%j", v.scalar, "left")
        return _read(f, v, left, inside), ""

    total = _without_loss(f, v, part)
    at = f.at("%to", "%j", v.scalar)
    _write(f, v, at, v.do("fadd", _read(f, v, at, inside), total), inside)
    return f.text()


def outer_constant(dtype: str, lanes: int) -> str:
    """`outer_constant`: to[i, j..] += sum over items of left[i] right[j..], right always the same.

    What rounding takes from a product and from the sum is added back: eager torch sums the left
    sides first, which loses as little, but not where a product is not a number.
    """
    f = Function("outer_constant", OUTER, attributes="nounwind")
    v = Lanes(f, dtype, lanes)
    inside = v.before(f.op("sub", "%columns", "%j", "left"))
    right = _read(f, v, f.at(f.load("ptr", "%right"), "%j", v.scalar, "right"), inside)

    def part(n: str) -> tuple[str, str]:
        one = f.load(v.scalar, f.at(f.load("ptr", f.at("%left", n, "ptr")), "%i", v.scalar), "x")
        x = v.spread(one)
        product = v.do("fmul", x, right)
        return product, v.fma(x, right, v.do("fsub", v.number(-0.0), product))

    total = _without_loss(f, v, part)
    place = f.op("add", f.op("mul", "%i", "%columns"), "%j")
    at = f.at("%to", place, v.scalar)
    _write(f, v, at, v.do("fadd", _read(f, v, at, inside), total), inside)
    return f.text()


def _without_loss(f: Function, v: Lanes, part: Callable[[str], tuple[str, str]]) -> str:
    """The sum over items of parts and of what has been lost in making them, rounded once or so."""
    came_from = f.here
    f.line("br label %item")
    f.place("item")
    f.line(f"%n = phi i64 [0, %{came_from}], [%n.next, %item]")
    f.line(f"%sum = phi {v.kind} [zeroinitializer, %{came_from}], [%new, %item]")
    f.line(f"%lost = phi {v.kind} [zeroinitializer, %{came_from}], [%lost.new, %item]")
    value, less = part("%n")
    f.line(f"%new = fadd {v.kind} %sum, {value}")
    was = v.do("fsub", "%new", value)
    missed = v.do("fsub", value, v.do("fsub", "%new", was))
    missed = v.do("fadd", v.do("fsub", "%sum", was), missed)
    missed = v.do("fadd", missed, less) if less else missed
    f.line(f"%lost.new = fadd {v.kind} %lost, {missed}")
    f.line("%n.next = add nuw nsw i64 %n, 1")
    f.line("%more = icmp slt i64 %n.next, %items")
    f.line("br i1 %more, label %item, label %done")
    f.place("done")
    total = v.do("fadd", "%new", "%lost.new")
    # of an infinite sum nothing is lost, but what was counted as lost is infinity less infinity
    nothing = v.do("fsub", "%new", "%new")
    return v.choose(v.compare("uno", nothing, nothing), "%new", total)


def _read(f: Function, v: Lanes, at: str, inside: str) -> str:
    if not inside:
        return f.let("w", f"load {v.kind}, ptr {at}, align 4")
    args = f"ptr {at}, i32 4, {v.truth} {inside}, {v.kind} zeroinitializer"
    return f.let("w", f"call {v.kind} @llvm.masked.load.{v.suffix}.p0({args})")


def _write(f: Function, v: Lanes, at: str, value: str, inside: str) -> None:
    if not inside:
        f.line(f"store {v.kind} {value}, ptr {at}, align 4")
        return
    args = f"{v.kind} {value}, ptr {at}, i32 4, {v.truth} {inside}"
    f.line(f"call void @llvm.masked.store.{v.suffix}.p0({args})")


def reduce(plan: Plan, layout: Layout, a: Arithmetic) -> str:
    """`reduce`: worker `part` of `parts` does its share of every sum's outputs for one chunk."""
    f = Function(
        "reduce",
        "ptr %frame, ptr %pointers, i64 %count, i64 %part, i64 %parts, ptr %panel",
        attributes=GLUE,
    )
    items = layout.load(f, "items")
    for reduction in plan.reductions:
        f.comment(f"{reduction.name}{list(reduction.shape)}")
        to = layout.load(f, f"sum {reduction.name}", "ptr")
        wanted = f.let("wanted", f"icmp ne ptr {to}, null")
        with f.when(wanted):
            for (left, right), constant in zip(reduction.terms, reduction.constant, strict=True):
                rows = f"ptr {layout.pointers(f, left, items)}"
                size = layout.size(f, reduction.shape[0] if reduction.shape else "1")
                rest = f"ptr {to}, i64 %count, i64 %part, i64 %parts"
                if right is None:
                    f.line(f"call void @sum_columns({rows}, i64 {size}, {rest})")
                else:
                    columns = layout.size(f, reduction.shape[1])
                    rows += f", ptr {layout.pointers(f, right, items)}"
                    how = "sum_constant" if constant and not a.pairs else "sum_outer"
                    f.line(
                        f"call void @{how}({rows}, i64 {size}, i64 {columns}, {rest}, ptr %panel)"
                    )
    return f.text()


def sum_columns(lanes: int) -> str:
    """`sum_columns`: a worker's share of the units of one vector sum, block by block."""
    f = Function(
        "sum_columns",
        "ptr %rows, i64 %size, ptr %to, i64 %count, i64 %part, i64 %parts",
        attributes=GLUE,
        private=False,
    )
    first, last = f.share(ceiling(f, "%size", lanes))
    with (
        f.loop("block", "0", "%count", str(BLOCK)) as block,
        f.loop("vec", first, last) as vec,
    ):
        some = f.smaller(str(BLOCK), f.op("sub", "%count", block))
        j = f.op("mul", vec, str(lanes))
        args = f"ptr {f.at('%rows', block, 'ptr')}, i64 {some}, i64 {j}, i64 %size, ptr %to"
        f.line(f"call void @column_sum({args})")
    return f.text()


def _rows(f: Function, tall: int) -> tuple[str, str]:
    """A worker's rows of a matrix sum: the same for all terms, since nobody waits in between."""
    first, last = f.share(ceiling(f, "%size", tall))
    row0 = f.op("mul", first, str(tall))
    return row0, f.smaller(f.op("mul", last, str(tall)), "%size")


def sum_constant(machine: Machine, lanes: int) -> str:
    """`sum_constant`: as `sum_outer`, where all items have the same right side."""
    f = Function("sum_constant", SUM, attributes=GLUE, private=False)
    row0, row1 = _rows(f, shapes(machine)[0][0])
    with (
        f.loop("block", "0", "%count", str(BLOCK)) as block,
        f.loop("i", row0, row1) as i,
        f.loop("j", "0", "%columns", str(lanes)) as j,
    ):
        some = f.smaller(str(BLOCK), f.op("sub", "%count", block))
        f.line(
            f"call void @outer_constant(ptr {f.at('%lefts', block, 'ptr')}, ptr %rights, "
            f"i64 {some}, i64 {i}, i64 {j}, i64 %columns, ptr %to)"
        )
    return f.text()


def sum_outer(machine: Machine, a: Arithmetic) -> str:
    """`sum_outer`: a worker's share of the rows of one matrix sum, block by block.

    The left sides of many rows are laid out, then all columns of the right sides pass.
    """
    f = Function("sum_outer", SUM, attributes=GLUE, private=False)
    (tall, wide), lanes = shapes(machine)[0], a.lanes
    scalar = a.lines(f).scalar
    lefts = f.at("%panel", str(_right_numbers(machine, lanes)), scalar, "lefts")
    row0, row1 = _rows(f, tall)
    across, many = str(wide * lanes), str(TILES * tall)
    full = f.op("mul", f.op("sdiv", "%columns", across), across)
    with (
        f.loop("block", "0", "%count", str(BLOCK)) as block,
        f.loop("row", row0, row1, many) as first,
    ):
        some = f.smaller(str(BLOCK), f.op("sub", "%count", block))
        items = a.counted(f, some)
        last = f.smaller(f.op("add", first, many), row1)
        tiles = spans(f, heights(machine), wide, first, last)

        def laid_out(i: str) -> str:
            place = f.op("mul", f.op("sub", i, first), str(_apart(lanes)))
            return f.at(lefts, place, scalar, "left")

        for height, start, stop in tiles:
            args = f"ptr {f.at('%lefts', block, 'ptr')}, i64 {some}, i64 {start}, i64 {stop}"
            f.line(f"call void @gather_left_{height}({args}, ptr {laid_out(start)})")
        for width, j0, j1 in ((wide, "0", full), (1, full, "%columns")):
            with f.loop("j", j0, j1, str(width * lanes)) as j:
                rows = f"ptr {f.at('%rights', block, 'ptr')}, i64 {some}, i64 {j}, i64 %columns"
                f.line(f"call void @gather_{width}({rows}, ptr %panel)")
                for height, start, stop in tiles:
                    with f.loop("i", start, stop, str(height)) as i:
                        f.line(
                            f"call void @outer_{height}x{width}(ptr {laid_out(i)}, ptr %panel, "
                            f"i64 {items}, i64 {i}, i64 {j}, i64 %columns, ptr %to)"
                        )
    return f.text()
