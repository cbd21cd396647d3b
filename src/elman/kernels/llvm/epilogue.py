"""The pointwise part of a stage: one function per stage, emitted once, run row by row.

It reads the accumulators of the stage's products from the tile in L1 and whatever else the
equations name from the rows' vectors, and writes what anybody else needs. Lanes beyond the last
unit are masked: they read zeros and write nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from elman.graph.node import Node, is_leaf
from elman.graph.ops import OPS
from elman.kernels.equations import stage_equations
from elman.kernels.llvm import random
from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.functions import WRITERS, Lanes
from elman.kernels.llvm.product import ROWS, Tiling
from elman.kernels.llvm.text import GLUE, Function
from elman.kernels.stages import PRODUCTS, Buffer, Plan, Stage

AHEAD = 2  # rows between what is computed and what is fetched
ARGUMENTS = (
    "ptr %frame, ptr %pointers, i64 %item0, i64 %item1, i64 %unit0, i64 %unit1, "
    "ptr %tile, ptr %sums"
)


class Epilogue:
    """Writes the epilogue of one stage."""

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        tilings: list[Tiling],
        layout: Layout,
        dtype: str,
        lanes: int,
    ) -> None:
        self.plan, self.stage, self.tilings, self.layout = plan, stage, tilings, layout
        self.needs = Needs(plan, stage)
        # scalars take one lane, where nothing that is laid out in lanes is read or written
        bare = not (tilings or stage.sums or self.needs.random)
        self.lanes = 1 if stage.size == "1" and bare else lanes
        self.f = Function(f"epilogue_{stage.name}", ARGUMENTS, attributes="noinline nounwind")
        self.v = Lanes(self.f, dtype, self.lanes)
        self.values: dict[Node, str] = {}
        self.rows: dict[int, str] = {}

    def text(self) -> str:
        """The function; its parameters and tables are read before the loops."""
        f, layout, needs = self.f, self.layout, self.needs
        for _, line in stage_equations(self.plan, self.stage):
            f.comment(line)
        self.parameters = {
            leaf: layout.load(f, f"parameter {leaf.name}", "ptr") for leaf in needs.parameters
        }
        self.extents = {size: layout.size(f, size) for size in sorted(needs.extents)}
        self.items = layout.load(f, "items")
        pointers = {index: layout.pointers(f, index, self.items) for index in self._buffers()}
        limit = layout.size(f, self.stage.size)
        along = self._along_units if self.tilings else self._along_rows
        along(pointers, limit)
        return f.text()

    def _along_units(self, pointers: Mapping[int, str], limit: str) -> None:
        """All rows of a few units: what units have of their own is read once."""
        rows = self.f.op("sub", "%item1", "%item0")
        many = self.f.let("many", f"icmp sgt i64 {rows}, {AHEAD}")
        last = self.f.op("sub", "%item1", "1", "last")
        with self.f.loop("unit", "%unit0", "%unit1", str(self.lanes)) as unit:
            left = self._at_unit(_hidden(self.f, unit), limit)
            for leaf in self.needs.parameters:
                self.value(leaf)
            with self.f.loop("item", "%item0", "%item1") as item:
                self._at_item(item, pointers)
                with self.f.when(many, "fetch"):
                    self._fetch(item, last, pointers)
                self._body(left)

    def _along_rows(self, pointers: Mapping[int, str], limit: str) -> None:
        """All units of one row after the other, as they lie in memory."""
        with self.f.loop("item", "%item0", "%item1") as item:
            self._at_item(item, pointers)
            if self.lanes == 1:
                self._body(self._at_unit("0", limit))
            else:
                with self.f.loop("unit", "%unit0", "%unit1", str(self.lanes)) as unit:
                    self._body(self._at_unit(_hidden(self.f, unit), limit))

    def _at_unit(self, unit: str, limit: str) -> str:
        """Take up the vector of units that begins there; how many there are from it on."""
        self.unit = unit
        left = self.f.op("sub", limit, unit, "left")
        self.mask = self.v.before(left)
        return left

    def _at_item(self, item: str, pointers: Mapping[int, str]) -> None:
        f = self.f
        self.item = item
        self.tile_row = f.op("sub", item, "%item0", "tile_row")
        self.rows = {
            index: f.load("ptr", f.at(start, item, "ptr"), "row")
            for index, start in pointers.items()
        }

    def _fetch(self, item: str, last: str, pointers: Mapping[int, str]) -> None:
        """Have what a later row reads and writes brought near: rows lie far apart, so the processor
        cannot guess it, and the instructions of one row are as many as it looks ahead.
        """
        f = self.f
        later = f.smaller(f.op("add", item, str(AHEAD)), last)
        written = {self.layout.buffers[buffer.name] for _, buffer in self.stage.stores}
        for index, start in pointers.items():
            if index != self.layout.coordinates:
                row = f.load("ptr", f.at(start, later, "ptr"), "later")
                f.fetch(f.at(row, self.unit, self.v.scalar), write=index in written)

    def _buffers(self) -> list[int]:
        indices = {self.layout.buffers[buffer.name] for buffer in self.needs.buffers}
        return sorted(indices | ({self.layout.coordinates} if self.needs.random else set()))

    def _body(self, left: str) -> None:
        for node in self.stage.body:
            self.value(node)
        for index, node in enumerate(self.stage.sums):
            self._add_up(index, self.value(node.args[0]))
        self._store_all(left)

    # -- values ---------------------------------------------------------------------------------

    def value(self, node: Node) -> str:
        """The vector of a node for the units at hand."""
        if node not in self.values:
            self.values[node] = self._value(node)
        return self.values[node]

    def _value(self, node: Node) -> str:
        if is_leaf(node):
            return self._leaf(node)
        own = node in self.stage.body or any(node in g.products for g in self.stage.groups)
        if not own and node in self.plan.loads:
            return self._load_value(node)
        if node.op in PRODUCTS:
            return self._from_tile(node)
        if node.op == "spread":
            return self._scalar(node.args[0])
        args = [self.value(arg) for arg in node.args]
        return args[0] if node.op == "copy" else WRITERS[node.op](self.v, *args)

    def _load_value(self, node: Node) -> str:
        value = self._load(self.plan.loads[node])
        if node.op in OPS and OPS[node.op].boolean:
            return self.v.compare("une", value, self.v.number(0.0))
        return value

    def _leaf(self, node: Node) -> str:
        if node.op == "constant":
            return self.v.number(node.value)
        if node.op == "extent":
            return self._whole(self.extents[node.name])
        if node.op in ("mask", "row_mask"):
            seed = self.layout.load(self.f, "seed"), self.layout.load(self.f, "stream")
            coordinates = self.rows[self.layout.coordinates]
            return random.mask(self.v, node, seed, coordinates, self.unit)
        if node in self.plan.loads and node.op != "parameter":
            return self._load(self.plan.loads[node])
        base = self.parameters[node]
        return self._masked_load(base) if node.shape else self._repeated(base)

    def _scalar(self, node: Node) -> str:
        """A scalar in every lane, whatever the mask."""
        if node.op == "constant" or node.op == "extent":
            return self._leaf(node)
        if node in self.plan.loads and node.op != "parameter":
            return self._repeated(self.rows[self.layout.buffers[self.plan.loads[node].name]])
        if is_leaf(node):
            return self.value(node)
        args = [self._scalar(arg) for arg in node.args]
        return WRITERS[node.op](self.v, *args)

    def _repeated(self, pointer: str) -> str:
        return self.v.spread(self.f.load(self.v.scalar, pointer, "one"))

    def _whole(self, number: str) -> str:
        return self.v.spread(self.f.let("one", f"sitofp i64 {number} to {self.v.scalar}"))

    def _load(self, buffer: Buffer) -> str:
        return self._masked_load(self.rows[self.layout.buffers[buffer.name]])

    def _masked_load(self, base: str) -> str:
        v = self.v
        at = self.f.at(base, self.unit, v.scalar)
        if self.lanes == 1:
            return self.f.let("v", f"load {v.kind}, ptr {at}, align 4")
        args = f"ptr {at}, i32 4, {v.truth} {self.mask}, {v.kind} zeroinitializer"
        return self.f.let("v", f"call {v.kind} @llvm.masked.load.{v.suffix}.p0({args})")

    def _from_tile(self, node: Node) -> str:
        """An accumulator: [panel][group][row][vector][product][lane]."""
        f, v, start = self.f, self.v, 0
        for t in self.tilings:
            if node in t.group.products:
                row = f.op("mul", self.tile_row, str(t.width * v.lanes))
                place = f.op("add", row, str(start + t.group.products.index(node) * v.lanes))
                panel, along = self._within_panel(t.vectors * v.lanes)
                size = panel_numbers(self.tilings, v.lanes)
                place = f.op("add", place, f.op("mul", panel, str(size)))
                place = f.op("add", place, f.op("mul", along, str(len(t.group.products))))
                at = f.at("%tile", place, v.scalar, "sum")
                return f.let("sum", f"load {v.kind}, ptr {at}, align 4")
            start += tile_numbers(t, v.lanes)
        raise AssertionError(f"{node!r} is not a product of {self.stage.name}")

    def _within_panel(self, across: int) -> tuple[str, str]:
        """In which panel of this call the units at hand stand, and where in it."""
        f = self.f
        along = f.op("sub", self.unit, "%unit0", "along")
        panel = f.op("lshr", along, str(across.bit_length() - 1), "panel")
        return panel, "0" if across == self.lanes else f.op("and", along, str(across - 1))

    # -- what leaves ------------------------------------------------------------------------------

    def _store_all(self, left: str) -> None:
        """Write what leaves; a whole vector without a mask, which is slow with AVX2."""
        f, v = self.f, self.v
        stores = [self._to_store(*pair) for pair in self.stage.stores if pair[0].op != "sum"]
        if not stores:
            return
        if self.lanes == 1:
            for value, at in stores:
                f.line(f"store {v.kind} {value}, ptr {at}, align 4")
            return
        whole, part, done = f.block("whole"), f.block("part"), f.block("stored")
        full = f.let("full", f"icmp sge i64 {left}, {self.lanes}")
        f.line(f"br i1 {full}, label %{whole}, label %{part}")
        f.place(whole)
        for value, at in stores:
            f.line(f"store {v.kind} {value}, ptr {at}, align 4")
        f.go(done)
        f.place(part)
        for value, at in stores:
            args = f"{v.kind} {value}, ptr {at}, i32 4, {v.truth} {self.mask}"
            f.line(f"call void @llvm.masked.store.{v.suffix}.p0({args})")
        f.go(done)
        f.place(done)

    def _to_store(self, node: Node, buffer: Buffer) -> tuple[str, str]:
        """What is written, and where."""
        v = self.v
        value = self.value(node)
        if node.op in OPS and OPS[node.op].boolean:
            value = v.choose(value, v.number(1.0), v.number(0.0))
        base = self.rows[self.layout.buffers[buffer.name]]
        if buffer.space == "row_sum":
            value = v.do("fadd", self._masked_load(base), value)
        return value, self.f.at(base, self.unit, v.scalar)

    def _add_up(self, index: int, value: str) -> None:
        """Add a vector into the row's partial sums; units come in order, so the sum is pinned."""
        f, v = self.f, self.v
        inside = v.choose(self.mask, value, v.number(0.0))
        place = f.op(
            "mul", f.op("add", f.op("mul", self.items, str(index)), self.item), str(v.lanes)
        )
        at = f.at("%sums", place, v.scalar)
        before = f.let("before", f"load {v.kind}, ptr {at}, align 4")
        first = f.let("first", f"icmp eq i64 {self.unit}, 0")
        start = f.let("start", f"select i1 {first}, {v.kind} zeroinitializer, {v.kind} {before}")
        f.line(f"store {v.kind} {v.do('fadd', start, inside)}, ptr {at}, align 4")


def _hidden(f: Function, counter: str) -> str:
    """The same number, of which LLVM does not know that it counts. It would look for the best way
    to count up every address with it, which takes a tenth of the compilation and gains nothing.
    """
    return f.let("unit", f'call i64 asm "", "=r,0"(i64 {counter})')


class Needs:
    """What an epilogue reads and writes besides its own values."""

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self.plan, self.stage = plan, stage
        self.parameters: dict[Node, None] = {}
        self.extents: set[str] = set()
        self.buffers: dict[Buffer, None] = {}
        self.random = False
        self._seen: set[Node] = set()
        for node in (*stage.body, *(total.args[0] for total in stage.sums)):
            self._walk(node)
        for _, buffer in stage.stores:
            self.buffers[buffer] = None

    def _walk(self, node: Node) -> None:
        if node in self._seen:
            return
        self._seen.add(node)
        if node.op == "extent":
            self.extents.add(node.name)
        elif node.op in ("mask", "row_mask"):
            self.random = True
        elif node.op == "parameter":
            self.parameters[node] = None
        elif node in self.plan.loads and node not in self.stage.body:
            self.buffers[self.plan.loads[node]] = None
        elif node.op not in PRODUCTS:
            for arg in node.args:
                self._walk(arg)


def tile_numbers(t: Tiling, lanes: int) -> int:
    """Numbers in the tiles of one group."""
    return ROWS * t.width * lanes


def panel_numbers(tilings: list[Tiling], lanes: int) -> int:
    """Numbers in the tiles of a panel of all groups."""
    return sum(tile_numbers(t, lanes) for t in tilings)


def finish_sums(stage: Stage, layout: Layout) -> str:
    """`finish_<stage>`: the stage's sums over units, from the partial sums of every row."""
    f = Function(
        f"finish_{stage.name}",
        "ptr %frame, ptr %pointers, i64 %count, ptr %sums",
        attributes=GLUE,
    )
    items = layout.load(f, "items")
    for index, node in enumerate(stage.sums):
        before = f.op("mul", items, str(index))
        for buffer in (buffer for value, buffer in stage.stores if value is node):
            rows = layout.pointers(f, buffer, items)
            f.line(f"call void @fold(ptr %sums, i64 {before}, ptr {rows}, i64 %count)")
    return f.text()


def fold(dtype: str, lanes: int) -> str:
    """`fold`: the partial sums of every row, pairwise, into scalars."""
    f = Function(
        "fold",
        "ptr %sums, i64 %before, ptr %rows, i64 %count",
        attributes="nounwind",
        private=False,
    )
    v = Lanes(f, dtype, lanes)
    with f.loop("item", "0", "%count") as item:
        place = f.op("mul", f.op("add", "%before", item), str(lanes))
        value = f.let("sum", f"load {v.kind}, ptr {f.at('%sums', place, v.scalar)}, align 4")
        f.line(
            f"store {v.scalar} {_folded(v, value)}, ptr {f.load('ptr', f.at('%rows', item, 'ptr'))}"
        )
    return f.text()


def _folded(v: Lanes, value: str) -> str:
    width = v.lanes
    while width > 1:
        width //= 2
        other = v.shuffle(value, "poison", [(lane + width) % v.lanes for lane in range(v.lanes)])
        value = v.do("fadd", value, other)
    return v.f.let("one", f"extractelement {v.kind} {value}, i64 0")
