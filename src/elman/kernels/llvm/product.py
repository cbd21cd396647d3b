"""Matrix products: packed panels, register tiles, and stages that walk over both.

A panel holds the weights of all products of a group for a few vectors of units, in the order in
which the tile reads them: [panel][term k][vector][lane]. A tile keeps rows x vectors accumulators
in registers while k runs. One chain of fused multiply-adds per result and operand, in the order of
k, whatever the tile: so every tile gives the same bits. The chains of several operands are added
up at their ends, for a long chain loses more to rounding than several short ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.functions import Lanes
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.text import GLUE, Function
from elman.kernels.stages import Group, Plan, Stage, terms_of

WIDEST = 6  # products of one tile; more are split into several groups


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
    """The tiles of a stage: all groups share the panel's units and the tile heights."""
    groups = [part for group in stage.groups for part in _split(group)]
    if not groups:
        return []
    vectors = 2 if max(len(group.products) for group in groups) == 1 else 1
    tallest = min(tall(machine, vectors * len(group.products)) for group in groups)
    return [
        Tiling(f"{stage.name}_{index}", group, vectors, heights(tallest))
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


def tile(dtype: str, lanes: int, height: int, width: int) -> str:
    """`product_<height>x<width>`: tile += rows @ panel over k terms."""
    f = Function(
        f"product_{height}x{width}",
        "ptr %rows, i64 %terms, ptr %panel, ptr %tile, i1 %resume",
        attributes="nounwind",
    )
    v = Lanes(f, dtype, lanes)
    places = [(row, vec) for row in range(height) for vec in range(width)]
    row = [f.load("ptr", f.at("%rows", str(i), "ptr"), f"row{i}") for i in range(height)]
    at = {p: f.at("%tile", str((p[0] * width + p[1]) * lanes), v.scalar) for p in places}
    some = f.let("some", "icmp sgt i64 %terms, 0")
    f.line(f"br i1 {some}, label %term, label %done")
    f.place("term")
    f.line("%k = phi i64 [0, %entry], [%k.next, %term]")
    sums = {p: f.fresh("sum") for p in places}
    news = {p: f.fresh("new") for p in places}
    for p in places:
        f.line(f"{sums[p]} = phi {v.kind} [zeroinitializer, %entry], [{news[p]}, %term]")
    weights = f.at("%panel", f.op("mul", "%k", str(width * lanes)), v.scalar, "weights")

    # what there is less of comes first and stays in registers; the rest passes through one
    def weight(vec: int) -> str:
        return f.let(
            f"w{vec}", f"load {v.kind}, ptr {f.at(weights, str(vec * lanes), v.scalar)}, align 4"
        )

    def number(i: int) -> str:
        return v.spread(f.load(v.scalar, f.at(row[i], "%k", v.scalar), "x"))

    def add(place: tuple[int, int], x: str, w: str) -> None:
        args = f"{v.kind} {x}, {v.kind} {w}, {v.kind} {sums[place]}"
        f.line(f"{news[place]} = call {v.kind} @llvm.fma.{v.suffix}({args})")

    if height < width:
        numbers = [number(i) for i in range(height)]
        for vec in range(width):
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


def pack(dtype: str, lanes: int) -> str:
    """`pack`: one product's matrix into its place in the panels; missing units become zeros.

    The weight of (unit, term k) is read at unit * unit_stride + k * term_stride (in numbers).
    """
    f = Function(
        "pack",
        "ptr %to, ptr %from, i64 %units, i64 %terms, i64 %unit_stride, i64 %term_stride, "
        "i64 %panel0, i64 %panel1, i64 %panel_stride, i64 %term_width, i64 %vectors, i64 %apart",
        attributes="nounwind",
    )
    v = Lanes(f, dtype, lanes)
    numbers = ", ".join(f"i64 {lane}" for lane in range(lanes))
    places, truth = f"<{lanes} x i64>", f"<{lanes} x i1>"
    with f.loop("panel", "%panel0", "%panel1") as panel, f.loop("vec", "0", "%vectors") as vec:
        whole = f.op("add", f.op("mul", panel, "%vectors"), vec)
        unit0 = f.op("mul", whole, str(lanes), "unit0")
        to = f.op("add", f.op("mul", panel, "%panel_stride"), f.op("mul", vec, "%apart"))
        to = f.at("%to", to, v.scalar, "to")
        unit = _splat(f, unit0, lanes)
        unit = f.let("units", f"add {places} {unit}, <{numbers}>")
        limit = _splat(f, "%units", lanes)
        inside = f.let("inside", f"icmp slt {places} {unit}, {limit}")
        stride = _splat(f, "%unit_stride", lanes)
        index = f.let("index", f"mul {places} {unit}, {stride}")
        with f.loop("k", "0", "%terms") as k:
            base = f.at("%from", f.op("mul", k, "%term_stride"), v.scalar)
            where = f.let("where", f"getelementptr {v.scalar}, ptr {base}, {places} {index}")
            args = f"<{lanes} x ptr> {where}, i32 4, {truth} {inside}, {v.kind} zeroinitializer"
            name = f"@llvm.masked.gather.{v.suffix}.v{lanes}p0"
            value = f.let("w", f"call {v.kind} {name}({args})")
            at = f.at(to, f.op("mul", k, "%term_width"), v.scalar)
            f.line(f"store {v.kind} {value}, ptr {at}, align 4")
    gather = (
        f"declare {v.kind} @llvm.masked.gather.{v.suffix}.v{lanes}p0"
        f"(<{lanes} x ptr>, i32, {truth}, {v.kind})"
    )
    return gather + "\n" + f.text()


def _splat(f: Function, value: str, lanes: int) -> str:
    kind = f"<{lanes} x i64>"
    one = f.let("splat", f"insertelement {kind} poison, i64 {value}, i64 0")
    zero = f"<{lanes} x i32> zeroinitializer"
    return f.let("splat", f"shufflevector {kind} {one}, {kind} poison, {zero}")


def pack_all(layout: Layout, all_: list[Tiling], dtype: str, lanes: int) -> str:
    """`pack_all`: every matrix of a call; worker `part` of `parts` does its share of the panels."""
    f = Function("pack_all", "ptr %frame, i64 %part, i64 %parts", attributes=GLUE)
    for t in all_:
        f.comment(f"{t.name}: {len(t.group.products)} products of {len(t.group.operands)} operands")
        panels = f"pack {t.name}"
        to = layout.load(f, panels, "ptr")
        units = layout.size(f, t.group.products[0].size)
        total = ceiling(f, units, t.vectors * lanes)
        panel0 = f.op("sdiv", f.op("mul", total, "%part"), "%parts")
        panel1 = f.op("sdiv", f.op("mul", total, f.op("add", "%part", "1")), "%parts")
        depth = panel_depth(layout, f, t)
        panel_stride = f.op("mul", depth, str(t.width * lanes))
        for number, product in enumerate(t.group.products):
            done = "0"
            for matrix, operand, transposed in terms_of(product):
                terms = layout.size(f, operand.size)
                source = layout.load(f, f"parameter {matrix.name}", "ptr")
                columns = layout.size(f, matrix.shape[1])
                strides = f"i64 1, i64 {columns}" if transposed else f"i64 {columns}, i64 1"
                place = f.op("mul", done, str(t.width * lanes))
                place = f.op("add", place, str(number * lanes))
                f.line(
                    f"call void @pack(ptr {f.at(to, place, Lanes(f, dtype, lanes).scalar)}, "
                    f"ptr {source}, i64 {units}, i64 {terms}, {strides}, i64 {panel0}, "
                    f"i64 {panel1}, i64 {panel_stride}, i64 {t.width * lanes}, i64 {t.vectors}, "
                    f"i64 {len(t.group.products) * lanes})"
                )
                done = f.op("add", done, terms)
    return f.text()


def ceiling(f: Function, number: str, divisor: int) -> str:
    """number / divisor, rounded up."""
    return f.op("sdiv", f.op("add", number, str(divisor - 1)), str(divisor))


def panel_depth(layout: Layout, f: Function, t: Tiling) -> str:
    """Terms of one panel: the sizes of the group's operands, added."""
    depth = "0"
    for operand in t.group.operands:
        depth = f.op("add", depth, layout.size(f, operand.size))
    return depth
