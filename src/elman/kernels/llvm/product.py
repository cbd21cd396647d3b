"""Matrix products: packed panels, register tiles, and stages that walk over both.

A panel holds the weights of all products of a group for a few vectors of units, in the order in
which the tile reads them: [panel][term k][vector][lane]. A tile keeps rows x vectors accumulators
in registers while k runs over a block of terms: one chain of fused multiply-adds per result, in the
order of k, whatever the tile, so every tile gives the same bits. The chains of all blocks and
operands are added up at their ends, for a long chain loses more to rounding than short ones. The
weights of a block stay in the first cache while all rows pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.functions import Lanes
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.text import GLUE, Function
from elman.kernels.stages import Group, Plan, Stage, terms_of

WIDEST = 6  # products of one tile; more are split into several groups
TERMS = 128  # of one block
ROOM = TERMS // 2 + 16  # pairs of a rounded row: of a block, and what a last vector writes beyond
ROWS = 48  # multiplied before the epilogue takes them: tallest tiles of 2, 3, 4, 6 and 8 fit in
ABREAST = 12  # accumulators of a single row, at most: a chain waits four cycles for each sum
CHAINS = 8  # accumulators of a tile, at least, that add without waiting: four cycles, two at once


@dataclass(frozen=True)
class Tiling:
    """How a group is cut: `vectors` of units per product in a panel, and the tile heights."""

    name: str
    group: Group
    vectors: int
    heights: tuple[int, ...]

    @property
    def width(self) -> int:
        """Vectors in one row of a tile."""
        return self.vectors * len(self.group.products)

    @property
    def abreast(self) -> int:
        """Panels with which a single row is multiplied at once. One panel has too few chains to
        keep the processor busy; several rows have enough of them.
        """
        return 4 if 4 * self.width <= ABREAST else 2


def tall(machine: Machine, width: int) -> int:
    """Rows of the tallest tile whose accumulators fit the registers, beside what they are made of:
    all weights and one number of a row, or all rows' numbers and one weight, whatever is less.
    """
    fitting = (h for h in range(1, 9) if h * width + min(h, width) + 1 <= machine.registers)
    return max(fitting, default=1)


def heights(tallest: int) -> tuple[int, ...]:
    """Tile heights for any number of rows: the tallest, then what is left, by four and less.

    Few rows are left near the end of a ragged batch, and every tile reads all weights again; more
    heights than these take longer to compile than they bring.
    """
    return (tallest, *(height for height in (4, 3, 2, 1) if height < tallest))


def tilings(stage: Stage, machine: Machine) -> list[Tiling]:
    """The tiles of a stage: all groups share the panel's units."""
    groups = [part for group in stage.groups for part in _split(group)]
    if not groups:
        return []
    vectors = 2 if max(len(group.products) for group in groups) == 1 else 1
    return [
        Tiling(
            f"{stage.name}_{index}",
            group,
            vectors,
            heights(tall(machine, vectors * len(group.products))),
        )
        for index, group in enumerate(groups)
    ]


def _split(group: Group) -> list[Group]:
    parts = -(-len(group.products) // WIDEST)
    per = -(-len(group.products) // parts)
    products = group.products
    return [
        Group(group.operands, products[start : start + per])
        for start in range(0, len(products), per)
    ]


def all_tilings(plan: Plan, machine: Machine) -> dict[str, list[Tiling]]:
    """The tilings of every stage that has products."""
    return {stage.name: tilings(stage, machine) for stage in plan.stages if stage.groups}


APART = "i64 %panels_apart, i64 %tiles_apart, "  # numbers between panels, and between their tiles


def tile(a: Arithmetic, height: int, width: int, panels: int = 1) -> str:
    """`product_<height>x<width>`: rows @ panel over a block of terms, put in the tile or added.

    Of pairs, `first`, `terms` and `k` count pairs. `product_<height>x<width>x<panels>` does the
    same of several panels.
    """
    f = Function(
        f"product_{height}x{width}" + f"x{panels}" * (panels > 1),
        "ptr %rows, i64 %first, i64 %terms, ptr %panel, "
        f"{APART * (panels > 1)}ptr %tile, i1 %resume",
        attributes="nounwind",
    )
    v, lanes = a.lines(f), a.lanes
    places = [(row, vec) for row in range(height) for vec in range(width * panels)]
    row = [
        f.at(f.load("ptr", f.at("%rows", str(i), "ptr")), "%first", v.scalar, f"row{i}")
        for i in range(height)
    ]
    apart = range(panels)
    into = [f.at("%tile", f.op("mul", "%tiles_apart", str(n)), v.scalar) for n in apart]
    at = {
        (i, vec): f.at(into[vec // width], str((i * width + vec % width) * lanes), v.scalar)
        for i, vec in places
    }
    starts = [f.at("%panel", f.op("mul", "%panels_apart", str(n)), v.scalar) for n in apart]
    some = f.let("some", "icmp sgt i64 %terms, 0")
    f.line(f"br i1 {some}, label %term, label %done")
    f.place("term")
    f.line("%k = phi i64 [0, %entry], [%k.next, %term]")
    sums = {p: f.fresh("sum") for p in places}
    news = {p: f.fresh("new") for p in places}
    for p in places:
        f.line(f"{sums[p]} = phi {v.kind} [zeroinitializer, %entry], [{news[p]}, %term]")
    term = f.op("mul", "%k", str(width * lanes))
    weights = [f.at(start, term, v.scalar, "weights") for start in starts]

    # what there is less of comes first and stays in registers; the rest passes through one
    def weight(vec: int) -> str:
        place = f.at(weights[vec // width], str(vec % width * lanes), v.scalar)
        return f.let(f"w{vec}", f"load {v.kind}, ptr {place}, align 4")

    def number(i: int) -> str:
        return v.spread(f.load(v.scalar, f.at(row[i], "%k", v.scalar), "x"))

    def add(place: tuple[int, int], x: str, w: str) -> None:
        a.add(v, news[place], x, w, sums[place])

    if height < width * panels:
        numbers = [number(i) for i in range(height)]
        for vec in range(width * panels):
            w = weight(vec)
            for i, x in enumerate(numbers):
                add((i, vec), x, w)
    else:
        all_weights = [weight(vec) for vec in range(width)]
        for i in range(height):
            x = number(i)
            for vec, w in enumerate(all_weights):
                add((i, vec), x, w)
    f.line("%k.next = add nuw nsw i64 %k, 1")
    f.line("%more = icmp slt i64 %k.next, %terms")
    f.line("br i1 %more, label %term, label %done")
    f.place("done")
    mine = {
        p: f.let("mine", f"phi {v.kind} [zeroinitializer, %entry], [{news[p]}, %term]")
        for p in places
    }
    f.line("br i1 %resume, label %add, label %store")
    f.place("add")
    old = {p: f.let("old", f"load {v.kind}, ptr {at[p]}, align 4") for p in places}
    both = {p: v.do("fadd", old[p], mine[p]) for p in places}
    f.go("store")
    f.place("store")
    last = {p: f.let("last", f"phi {v.kind} [{mine[p]}, %done], [{both[p]}, %add]") for p in places}
    for p in places:
        f.line(f"store {v.kind} {last[p]}, ptr {at[p]}, align 4")
    return f.text()


def multiply(a: Arithmetic, t: Tiling) -> str:
    """`multiply_<width>`: the tiles of up to ROWS rows and all terms of one operand."""
    f = Function(
        f"multiply_{t.width}",
        "ptr %rows, i64 %count, i64 %terms, ptr %panel, ptr %tile, i1 %resume",
        attributes=GLUE,
        private=False,
    )
    scalar, row = a.lines(f).scalar, str(t.width * a.lanes)
    with _blocks(f, a, t, "%count") as (rows, first, terms, weights, resume):
        for height, start, stop in spans(f, t.heights, t.width, "0", "%count"):
            with f.loop("item", start, stop, str(height)) as item:
                f.line(
                    f"call void @product_{height}x{t.width}(ptr {f.at(rows, item, 'ptr')}, "
                    f"i64 {first}, i64 {terms}, ptr {weights}, "
                    f"ptr {f.at('%tile', f.op('mul', item, row), scalar)}, i1 {resume})"
                )
    return f.text()


def spans(
    f: Function, heights: Sequence[int], width: int, first: str, last: str
) -> list[tuple[int, str, str]]:
    """Rows by the heights of the tiles that take them, the tallest first: where each height begins
    and ends. What is left is taken by lower ones, to which the last of the tallest gives its rows
    if all these then take less time.
    """
    sooner = [rest for rest in range(heights[0]) if _lower_are_sooner(heights, width, rest)]
    table = sum(1 << rest for rest in sooner)  # a bit for each number of rows that may be left
    found: list[tuple[int, str, str]] = []
    for height in heights:
        left = f.op("sub", last, first)
        tiles = f.op("sdiv", left, str(height))
        if table and height == heights[0]:
            given = f.op("and", f.op("lshr", str(table), f.op("srem", left, str(height))), "1")
            tiles = f.op("sub", tiles, f.smaller(tiles, given))
        stop = f.op("add", first, f.op("mul", tiles, str(height)), "stop")
        found.append((height, first, stop))
        first = stop
    return found


def _lower_are_sooner(heights: Sequence[int], width: int, rest: int) -> bool:
    """Whether lower tiles take the rows of a tallest one and the rest sooner than both take theirs:
    a tile of few accumulators waits for its own sums.
    """

    def time(rows: int, heights: Sequence[int]) -> int:
        total = 0
        for height in heights:
            total += rows // height * max(height * width, CHAINS)
            rows %= height
        return total

    tallest, *lower = heights
    return bool(lower) and time(tallest + rest, lower) < time(tallest + rest, heights)


def multiply_row(a: Arithmetic, t: Tiling) -> str:
    """`multiply_<width>x<panels>`: the tiles of one row and several panels."""
    name = f"{t.width}x{t.abreast}"
    f = Function(
        f"multiply_{name}",
        f"ptr %rows, i64 %terms, ptr %panel, {APART}ptr %tile, i1 %resume",
        attributes=GLUE,
        private=False,
    )
    with _blocks(f, a, t, "1") as (rows, first, terms, weights, resume):
        f.line(
            f"call void @product_1x{name}(ptr {rows}, i64 {first}, i64 {terms}, ptr {weights}, "
            f"{APART}ptr %tile, i1 {resume})"
        )
    return f.text()


@contextmanager
def _blocks(
    f: Function, a: Arithmetic, t: Tiling, count: str
) -> Generator[tuple[str, str, str, str, str]]:
    """Every block of terms: the rows, its first term in them, how many it has, its weights, and
    whether it is added to what is there.
    """
    scalar, row = a.lines(f).scalar, str(t.width * a.lanes)
    rounded, rows = _room(f, count) if a.pairs else ("", "%rows")
    none = f.let("none", "icmp slt i64 %terms, 1")  # even then a tile is written
    stop = f.let("stop", f"select i1 {none}, i64 1, i64 %terms")
    with f.loop("k", "0", stop, str(TERMS)) as k:
        terms = f.smaller(str(TERMS), f.op("sub", "%terms", k))
        later = f.let("later", f"icmp ne i64 {k}, 0")
        resume = f.let("resume", f"or i1 {later}, %resume")
        weights = f.at("%panel", f.op("mul", a.counted(f, k), row), scalar, "weights")
        first = k
        if a.pairs:
            args = f"ptr %rows, i64 {count}, i64 {k}, i64 {terms}, ptr {rounded}"
            f.line(f"call void @round_rows({args})")
            first, terms = "0", a.counted(f, terms)
        yield rows, first, terms, weights, resume


def _room(f: Function, count: str) -> tuple[str, str]:
    """Memory for a block of rounded rows, and the table of where they are."""
    rounded = f.let("rounded", f"alloca [{ROWS * ROOM} x i32], align 64")
    table = f.let("table", f"alloca [{ROWS} x ptr], align 64")
    with f.loop("row", "0", count) as row:
        at = f.at(rounded, f.op("mul", row, str(ROOM)), "i32")
        f.line(f"store ptr {at}, ptr {f.at(table, row, 'ptr')}")
    return rounded, table


PACK = (
    "ptr %to, ptr %from, i64 %units, i64 %terms, i64 %columns, i64 %panel0, i64 %panel1, "
    "i64 %panel_stride, i64 %term_width, i64 %vectors, i64 %apart"
)


def pack(a: Arithmetic) -> str:
    """`pack`: one product's matrix, of a row for each unit, into its place in the panels.

    As many terms as there are lanes are read at once and turned. Missing units become zeros.
    """
    f = Function("pack", PACK, attributes="nounwind", private=False)
    v, lanes = a.lines(f), a.lanes
    full = f.op("sub", "%terms", f.op("srem", "%terms", str(lanes)), "full")
    last = f.op("sub", "%units", "1", "last")
    with _vectors(f, v) as (unit0, inside, to):
        rows = [
            f.at(
                "%from",
                f.op("mul", f.smaller(f.op("add", unit0, str(i)), last), "%columns"),
                v.scalar,
            )
            for i in range(lanes)
        ]

        def put(k: str, value: str) -> None:
            value = v.choose(inside, value, v.number(0.0))
            _put(f, v, to, k, value)

        def column(k: str) -> str:
            value = "poison"
            for lane, row in enumerate(rows):
                one = f.load(v.scalar, f.at(row, k, v.scalar), "one")
                value = f.let("w", f"insertelement {v.kind} {value}, {v.scalar} {one}, i64 {lane}")
            return value

        with f.loop("k", "0", full, str(lanes)) as k:
            read = [
                f.let("w", f"load {v.kind}, ptr {f.at(row, k, v.scalar)}, align 4") for row in rows
            ]
            values = _turned(v, read)
            if a.pairs:
                values = [a.pair(v, *values[n : n + 2]) for n in range(0, lanes, 2)]
            first = a.counted(f, k)
            for number, value in enumerate(values):
                put(f.op("add", first, str(number)), value)
        with f.loop("k", full, "%terms", "2" if a.pairs else "1") as k:
            put(a.counted(f, k), _one_or_pair(a, v, k, column))
    return f.text()


def pack_transposed(a: Arithmetic) -> str:
    """`pack_transposed`: the same of a matrix that has a row for each term."""
    f = Function("pack_transposed", PACK, attributes="nounwind", private=False)
    v = a.lines(f)
    with _vectors(f, v) as (unit0, inside, to):
        first = f.at("%from", unit0, v.scalar, "first")

        def row(k: str) -> str:
            at = f.at(first, f.op("mul", k, "%columns"), v.scalar)
            args = f"ptr {at}, i32 4, {v.truth} {inside}, {v.kind} zeroinitializer"
            return f.let("w", f"call {v.kind} @llvm.masked.load.{v.suffix}.p0({args})")

        with f.loop("k", "0", "%terms", "2" if a.pairs else "1") as k:
            _put(f, v, to, a.counted(f, k), _one_or_pair(a, v, k, row))
    return f.text()


def _one_or_pair(a: Arithmetic, v: Lanes, k: str, term: Callable[[str], str]) -> str:
    """Term k, or the pair of it and the next, which may be missing."""
    f, one = v.f, term(k)
    if not a.pairs:
        return one
    following = f.op("add", k, "1")
    there = f.let("there", f"icmp slt i64 {following}, %terms")
    at = f.let("at", f"select i1 {there}, i64 {following}, i64 {k}")
    other = f.let("other", f"select i1 {there}, {v.kind} {term(at)}, {v.kind} zeroinitializer")
    return a.pair(v, one, other)


def _put(f: Function, v: Lanes, to: str, k: str, value: str) -> None:
    at = f.at(to, f.op("mul", k, "%term_width"), v.scalar)
    f.line(f"store {v.kind} {value}, ptr {at}, align 4")


@contextmanager
def _vectors(f: Function, v: Lanes) -> Generator[tuple[str, str, str]]:
    """Every vector of units of some panels: its first unit, which lanes are units, its place."""
    with f.loop("panel", "%panel0", "%panel1") as panel, f.loop("vec", "0", "%vectors") as vec:
        whole = f.op("add", f.op("mul", panel, "%vectors"), vec)
        unit0 = f.op("mul", whole, str(v.lanes), "unit0")
        to = f.op("add", f.op("mul", panel, "%panel_stride"), f.op("mul", vec, "%apart"))
        yield unit0, v.before(f.op("sub", "%units", unit0)), f.at("%to", to, v.scalar, "to")


def _turned(v: Lanes, rows: list[str]) -> list[str]:
    """As many vectors as there are lanes, transposed, by swapping blocks of halving size."""
    apart, lanes = v.lanes // 2, range(v.lanes)
    rows = list(rows)
    while apart:
        for i in (i for i in lanes if not i & apart):
            low = [lane if not lane & apart else v.lanes + lane - apart for lane in lanes]
            high = [lane + apart if not lane & apart else v.lanes + lane for lane in lanes]
            pair = rows[i], rows[i + apart]
            rows[i], rows[i + apart] = v.shuffle(*pair, low), v.shuffle(*pair, high)
        apart //= 2
    return rows


def pack_all(layout: Layout, all_: list[Tiling], a: Arithmetic) -> str:
    """`pack_all`: every matrix of a call; worker `part` of `parts` does its share of the panels."""
    f = Function("pack_all", "ptr %frame, i64 %part, i64 %parts", attributes=GLUE)
    scalar, lanes = a.lines(f).scalar, a.lanes
    for t in all_:
        f.comment(f"{t.name}: {len(t.group.products)} products of {len(t.group.operands)} operands")
        panels = f"pack {t.name}"
        to = layout.load(f, panels, "ptr")
        units = layout.size(f, t.group.products[0].size)
        total = ceiling(f, units, t.vectors * lanes)
        panel0, panel1 = f.share(total)
        depth = panel_depth(layout, f, t, a)
        panel_stride = f.op("mul", depth, str(t.width * lanes))
        for number, product in enumerate(t.group.products):
            done = "0"
            for matrix, operand, transposed in terms_of(product):
                terms = layout.size(f, operand.size)
                source = layout.load(f, f"parameter {matrix.name}", "ptr")
                columns = layout.size(f, matrix.shape[1])
                place = f.op("mul", done, str(t.width * lanes))
                place = f.op("add", place, str(number * lanes))
                f.line(
                    f"call void @pack{'_transposed' * transposed}(ptr {f.at(to, place, scalar)}, "
                    f"ptr {source}, i64 {units}, i64 {terms}, i64 {columns}, i64 {panel0}, "
                    f"i64 {panel1}, i64 {panel_stride}, i64 {t.width * lanes}, i64 {t.vectors}, "
                    f"i64 {len(t.group.products) * lanes})"
                )
                done = f.op("add", done, a.counted(f, terms))
    return f.text()


def ceiling(f: Function, number: str, divisor: int) -> str:
    """number / divisor, rounded up."""
    return f.op("sdiv", f.op("add", number, str(divisor - 1)), str(divisor))


def panel_depth(layout: Layout, f: Function, t: Tiling, a: Arithmetic) -> str:
    """Terms of one panel, or pairs: of the sizes of the group's operands, added."""
    depth = "0"
    for operand in t.group.operands:
        depth = f.op("add", depth, a.counted(f, layout.size(f, operand.size)))
    return depth
