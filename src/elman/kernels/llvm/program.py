"""The whole module of a plan: tiles, epilogues, stages, and the worker that runs them in time.

One entry, `run(frame)`, called once by every thread of a parallel region. A worker takes a range
of rows through the whole sequence; workers meet only where matrices are packed and where weight
gradients are summed. Where rows are few, workers take a range of units of every stage instead, and
meet after each.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from elman.kernels.llvm import reduce, reused
from elman.kernels.llvm.addresses import fill_region
from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.epilogue import (
    Epilogue,
    Needs,
    finish_sums,
    fold,
    panel_numbers,
    tile_numbers,
)
from elman.kernels.llvm.frame import Layout
from elman.kernels.llvm.functions import declarations
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.product import (
    ROWS,
    Tiling,
    all_tilings,
    ceiling,
    pack,
    pack_all,
    pack_transposed,
    panel_depth,
)
from elman.kernels.llvm.team import MODE, POOL, give_mode_back, meet, take_mode, who_am_i
from elman.kernels.llvm.text import GLUE, Function, declared
from elman.kernels.stages import Plan, Stage

STAGE = (
    "ptr %frame, ptr %pointers, i64 %count, ptr %tile, ptr %sums, i64 %unit_part, i64 %unit_parts"
)


class Program:
    """A plan, an element type and a machine; `text` is the module."""

    def __init__(
        self, plan: Plan, arithmetic: Arithmetic, machine: Machine, *, backwards: bool
    ) -> None:
        self.plan, self.machine, self.backwards = plan, machine, backwards
        self.arithmetic, self.dtype, self.lanes = arithmetic, arithmetic.dtype, arithmetic.lanes
        dtype = self.dtype
        self.element = "float" if dtype == "f32" else "double"
        self.tilings = all_tilings(plan, machine)
        self.flat = [t for group in self.tilings.values() for t in group]
        sizes = _sizes(plan)
        self.layout = Layout(plan, sizes, [t.name for t in self.flat])

    def tile_bytes(self, sizes: Mapping[str, int]) -> int:
        """What a worker needs for its register tiles, and for columns that it gathers."""
        most = max(
            (_abreast(ts) * panel_numbers(ts, self.lanes) for ts in self.tilings.values()),
            default=0,
        )
        rows = [sizes.get(r.shape[0], 1) for r in self.plan.reductions if len(r.shape) == 2]
        if rows:
            most = max(most, reduce.panel_numbers(self.machine, self.lanes, max(rows)))
        return (most + self.lanes) * (4 if self.dtype == "f32" else 8)

    @property
    def shares_units(self) -> bool:
        """Whether workers may share the units of every stage: not what is summed over them."""
        return not any(stage.sums for stage in self.plan.stages if stage.region != "once")

    @property
    def most_sums(self) -> int:
        """The most reductions over units in one stage."""
        return max((len(stage.sums) for stage in self.plan.stages), default=0)

    def text(self) -> str:
        """The whole module, to read."""
        parts = [self._title(), reused.head(self.arithmetic), *self.reused, *self._own()]
        return "\n\n".join(parts) + "\n"

    def own_text(self) -> str:
        """The module without what kernels have in common, to compile."""
        calls = [line for part in self.reused for line in declared(part)]
        parts = [self._title(), declarations(self.dtype, self.lanes), "\n".join(calls)]
        return "\n\n".join([*parts, *self._own()]) + "\n"

    @functools.cached_property
    def reused(self) -> list[str]:
        """The parts of `reused` that are called."""
        a, dtype, lanes = self.arithmetic, self.dtype, self.lanes
        reductions = self.plan.reductions
        found = [reused.filling(backwards=self.backwards)]
        if self.flat:
            found += reused.tiles(a, self.flat)
            found += [pack(a), pack_transposed(a)]
        if self.most_sums:
            found.append(fold(dtype, lanes))
        if reductions:
            found.append(reused.summing(a, self.machine))
        if any(any(reduction.constant) for reduction in reductions):
            found.append(reused.summing_constants(dtype, self.machine))
        return found

    def _own(self) -> list[str]:
        parts = [POOL, *([MODE] if self.machine.is_x86 else []), meet(self.machine)]
        parts.append(pack_all(self.layout, self.flat, self.arithmetic))
        for stage in self.plan.stages:
            parts += self._stage(stage)
        parts += [fill_region(self.layout, region, self._touched(region)) for region in _REGIONS]
        if self.plan.reductions:
            parts.append(reduce.reduce(self.plan, self.layout, self.arithmetic))
        return [*parts, self._run()]

    def _title(self) -> str:
        products = ", products of bf16" if self.arithmetic.pairs else ""
        kind = f"{self.dtype}{products}, {self.machine.name}"
        return f"; {self.plan.step.name}, {kind}: {self.lanes} lanes"

    def _touched(self, region: str) -> set[int]:
        """The buffers whose row pointers a region needs."""
        found: set[int] = set()
        if region == "sums":
            pairs = [pair for reduction in self.plan.reductions for pair in reduction.terms]
            return {self.layout.buffers[b.name] for pair in pairs for b in pair if b is not None}
        for stage in self.plan.region(region):
            needs = Needs(self.plan, stage)
            found |= {self.layout.buffers[buffer.name] for buffer in needs.buffers}
            found |= {self.layout.coordinates} if needs.random else set()
            for group in stage.groups:
                operands = (self.plan.loads[operand] for operand in group.operands)
                found |= {self.layout.buffers[buffer.name] for buffer in operands}
        return found

    # -- one stage -----------------------------------------------------------------------------

    def _stage(self, stage: Stage) -> list[str]:
        tilings = self.tilings.get(stage.name, [])
        parts = [
            Epilogue(self.plan, stage, tilings, self.layout, self.dtype, self.lanes).text(),
            self._walk(stage, tilings),
        ]
        if stage.sums:
            parts.append(finish_sums(stage, self.layout))
        return parts

    def _walk(self, stage: Stage, tilings: list[Tiling]) -> str:
        """`stage_<name>`: panels outside, rows inside, first multiplied, then to the epilogue."""
        f = Function(f"stage_{stage.name}", STAGE, attributes=GLUE)
        units = self.layout.size(f, stage.size)
        across = (tilings[0].vectors if tilings else 1) * self.lanes
        first, end = f.share(ceiling(f, units, across), "%unit_part", "%unit_parts")
        if tilings:
            self._panels(f, stage, tilings, (first, end), units)
        else:
            with f.when(f.let("any", f"icmp slt i64 {first}, {end}"), "mine"):
                unit0 = f.op("mul", first, str(across), "unit0")
                unit1 = f.smaller(f.op("mul", end, str(across)), units)
                self._call_epilogue(f, stage, "0", "%count", unit0, unit1)
        if stage.sums:
            args = "ptr %frame, ptr %pointers, i64 %count, ptr %sums"
            f.line(f"call void @finish_{stage.name}({args})")
        return f.text()

    def _panels(
        self,
        f: Function,
        stage: Stage,
        tilings: list[Tiling],
        panels: tuple[str, str],
        units: str,
    ) -> None:
        across = tilings[0].vectors * self.lanes
        items = self.layout.load(f, "items")
        packs = [self.layout.load(f, f"pack {t.name}", "ptr") for t in tilings]
        strides = [
            f.op(
                "mul",
                panel_depth(self.layout, f, t, self.arithmetic),
                str(t.width * self.lanes),
            )
            for t in tilings
        ]
        operands = [
            [
                (self.layout.pointers(f, self.plan.loads[o], items), self.layout.size(f, o.size))
                for o in t.group.operands
            ]
            for t in tilings
        ]
        (first, end), abreast = panels, _abreast(tilings)

        def stretch(panel: str, count: int, item: str, stop: str) -> None:
            """Some panels for some rows."""
            unit0 = f.op("mul", panel, str(across), "unit0")
            unit1 = f.smaller(f.op("add", unit0, str(count * across)), units)
            at = [
                (f.at(p, f.op("mul", panel, s), self.element, "panel"), s)
                for p, s in zip(packs, strides, strict=True)
            ]
            self._tiles(f, tilings, (item, f.op("sub", stop, item)), at, operands, count)
            self._call_epilogue(f, stage, item, stop, unit0, unit1)

        single = f.let("single", "icmp eq i64 %count, 1")
        left = f.op("srem", f.op("sub", end, first), str(abreast))
        whole = f.op("sub", end, left)
        done = f.let("done", f"select i1 {single}, i64 {whole}, i64 {first}")
        with f.loop("panel", first, done, str(abreast)) as panel:
            stretch(panel, abreast, "0", "1")
        with f.loop("panel", done, end) as panel, f.loop("item", "0", "%count", str(ROWS)) as i:
            stretch(panel, 1, i, f.smaller(f.op("add", i, str(ROWS)), "%count"))

    def _tiles(
        self,
        f: Function,
        tilings: list[Tiling],
        span: tuple[str, str],
        panels: list[tuple[str, str]],
        operands: list[list[tuple[str, str]]],
        count: int,
    ) -> None:
        """Every group's tiles for the same rows, one behind the other in the worker's memory; of
        several panels, for one row. `panels` says where the first one lies, and how far the next.
        """
        to, (item, rows_there) = "%tile", span
        size = str(panel_numbers(tilings, self.lanes))
        for t, (panel, apart), parts in zip(tilings, panels, operands, strict=True):
            weights, resume = panel, "false"
            for rows, terms in parts:
                row = f.at(rows, item, "ptr")
                for number in range(0, count, t.abreast if count > 1 else 1):
                    at = f.at(weights, f.op("mul", apart, str(number)), self.element, "panel")
                    tile = f.at(to, f.op("mul", size, str(number)), self.element, "tile")
                    if count > 1:
                        f.line(
                            f"call void @multiply_{t.width}x{t.abreast}(ptr {row}, i64 {terms}, "
                            f"ptr {at}, i64 {apart}, i64 {size}, ptr {tile}, i1 {resume})"
                        )
                    else:
                        f.line(
                            f"call void @multiply_{t.width}(ptr {row}, i64 {rows_there}, "
                            f"i64 {terms}, ptr {at}, ptr {tile}, i1 {resume})"
                        )
                numbers = self.arithmetic.counted(f, terms)
                step = f.op("mul", numbers, str(t.width * self.lanes))
                weights, resume = f.at(weights, step, self.element, "panel"), "true"
            to = f.at(to, str(tile_numbers(t, self.lanes)), self.element, "tile")

    def _call_epilogue(
        self, f: Function, stage: Stage, item0: str, item1: str, unit0: str, unit1: str
    ) -> None:
        f.line(
            f"call void @epilogue_{stage.name}(ptr %frame, ptr %pointers, i64 {item0}, "
            f"i64 {item1}, i64 {unit0}, i64 {unit1}, ptr %tile, ptr %sums)"
        )

    # -- the worker ------------------------------------------------------------------------------

    def _run(self) -> str:
        f = Function("run", "ptr %frame", attributes=GLUE, private=False)
        f.line("%count = alloca i64")
        layout = self.layout
        if self.machine.is_x86:
            take_mode(f, layout.load(f, "mode"), layout.load(f, "threads"))
        self._who_am_i(f)
        rows = layout.load(f, "rows")
        by_units = f.let("apart", f"icmp ne i64 {layout.load(f, 'by_units')}, 0")
        shares = (("unit_part", "%part", "0"), ("unit_parts", "%parts", "1"),
                  ("row_part", "0", "%part"), ("row_parts", "1", "%parts"))  # fmt: skip
        for name, one, other in shares:
            f.line(f"%{name} = select i1 {by_units}, i64 {one}, i64 {other}")
        mine = self._my_rows(f, rows)
        with f.when(f.let("bare", f"icmp eq i64 {layout.load(f, 'packed')}, 0"), "pack"):
            f.line("call void @pack_all(ptr %frame, i64 %part, i64 %parts)")
            self._meet(f)
        if self.plan.region("once"):
            with f.when(f.let("first", "icmp eq i64 %part, 0")):
                self._region(f, "once", ("0", "1", "0", "1", "1", "0"), alone=True)
            self._meet(f)
        if self.plan.region("static"):
            self._region(f, "static", ("0", "1", *mine, "0"))
        self._chunks(f, mine, rows)
        if self.machine.is_x86:
            give_mode_back(f)
        return f.text()

    def _who_am_i(self, f: Function) -> None:
        """%part of %parts, and this worker's memory."""
        layout = self.layout
        who_am_i(f, layout.load(f, "threads"))
        mine = f.op("mul", layout.load(f, "worker_bytes"), "%part")
        base = f.at(layout.load(f, "workers", "ptr"), mine)
        f.line(f"%pointers = getelementptr i8, ptr {base}, i64 0")
        f.line(f"%tile = getelementptr i8, ptr {base}, i64 {layout.load(f, 'scratch')}")
        f.line(f"%sums = getelementptr i8, ptr {base}, i64 {layout.load(f, 'sums')}")

    def _meet(self, f: Function) -> None:
        """Wait for the others, if there are any."""
        with f.when(f.let("others", "icmp sgt i64 %parts, 1"), "meet"):
            f.line("call void @GOMP_barrier()")

    def _region(
        self, f: Function, region: str, span: tuple[str, ...], *, alone: bool = False
    ) -> None:
        """The stages of a region. Where workers share their units, nobody goes on to the next one
        before all have come to the end of one.
        """
        given = ", ".join(f"i64 {value}" for value in span)
        f.line(f"call void @fill_{region}(ptr %frame, ptr %pointers, {given}, ptr %count)")
        count = f.load("i64", "%count", "count")
        for stage in self.plan.region(region):
            skip = f.let("skip", f"icmp eq i64 {self.layout.load(f, f'skip {stage.name}')}, 0")
            with f.when(skip, stage.name):
                args = f"ptr %frame, ptr %pointers, i64 {count}, ptr %tile, ptr %sums"
                part, parts = ("0", "1") if alone else ("%unit_part", "%unit_parts")
                f.line(f"call void @stage_{stage.name}({args}, i64 {part}, i64 {parts})")
                with f.when(f.let("shared", f"icmp sgt i64 {parts}, 1"), "meet"):
                    counter = f.at("%frame", str(self.layout.meeting), "i64")
                    f.line(f"call void @meet(ptr {counter}, i64 {parts})")

    def _my_rows(self, f: Function, rows: str) -> tuple[str, str, str]:
        """This worker's rows, first, end and distance: a block of them, or, where rows differ in
        length, every so manieth: rows lie in order of falling length, so all workers have as many
        left at every step.
        """
        row0, row1 = f.share(rows, "%row_part", "%row_parts")
        dealt = f.let("dealt", f"icmp ne i64 {self.layout.load(f, 'dealt')}, 0")
        pairs = (("row0", "%row_part", row0), ("row1", rows, row1), ("apart", "%row_parts", "1"))
        first, end, apart = (
            f.let(name, f"select i1 {dealt}, i64 {one}, i64 {other}") for name, one, other in pairs
        )
        return first, end, apart

    def _chunks(self, f: Function, mine: tuple[str, str, str], rows: str) -> None:
        steps, chunk = self.layout.load(f, "steps"), self.layout.load(f, "chunk")
        chunks = f.op("sdiv", f.op("sub", f.op("add", steps, chunk), "1"), chunk, "chunks")
        with f.loop("c", "0", chunks) as c:
            number = c
            if self.backwards:
                number = f.op("sub", f.op("sub", chunks, "1"), c)
            t0 = f.op("mul", number, chunk, "t0")
            t1 = f.smaller(f.op("add", t0, chunk), steps)
            if self.plan.region("before"):
                self._region(f, "before", (t0, t1, *mine, t0))
            if self.plan.region("loop"):
                with f.loop("i", "0", f.op("sub", t1, t0)) as i:
                    t = f.op("add", t0, i)
                    if self.backwards:
                        t = f.op("sub", f.op("sub", t1, "1"), i)
                    self._region(f, "loop", (t, f.op("add", t, "1"), *mine, t0))
            if self.plan.region("after"):
                self._region(f, "after", (t0, t1, *mine, t0))
            if self.plan.reductions:
                self._meet(f)
                span = f"i64 {t0}, i64 {t1}, i64 0, i64 {rows}, i64 1, i64 {t0}, ptr %count"
                f.line(f"call void @fill_sums(ptr %frame, ptr %pointers, {span})")
                count = f.load("i64", "%count", "count")
                f.line(
                    f"call void @reduce(ptr %frame, ptr %pointers, i64 {count}, "
                    "i64 %part, i64 %parts, ptr %tile)"
                )
                self._meet(f)


def _abreast(tilings: list[Tiling]) -> int:
    """How many panels of a stage a single row takes at once."""
    return max(t.abreast for t in tilings)


_REGIONS = ("once", "static", "before", "loop", "after", "sums")


def _sizes(plan: Plan) -> list[str]:
    found = {size for leaf in plan.step.parameters for size in leaf.shape}
    found |= {buffer.size for buffer in plan.buffers} | {stage.size for stage in plan.stages}
    found |= {node.name for node in plan.step.nodes() if node.op == "extent"}
    return sorted(found - {"1"})
