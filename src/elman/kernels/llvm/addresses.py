"""Filling the row pointers: the one place where layout, lengths, direction and resets matter.

A stage sees a list of items; item i of a buffer is a pointer to its vector. Which (step, row) an
item is, and where its vector lies, is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from elman.kernels.llvm.frame import BUFFER_WORDS, Address, Layout, Neighbor, fact
from elman.kernels.llvm.text import GLUE, Function

FILL_ARGUMENTS = "i64 %from, i64 %to, i64 %row0, i64 %row1, i64 %apart, i64 %chunk0, ptr %count"


def count_items() -> str:
    """`count`: the number of items of steps from..to and of every `apart`th row in row0..row1."""
    f = Function("count", f"ptr %frame, {FILL_ARGUMENTS}", attributes=GLUE, private=False)
    active = fact(f, "active", "ptr")
    f.line("store i64 0, ptr %count")
    with f.loop("t", "%from", "%to") as t:
        last = f.smaller("%row1", f.load("i64", f.at(active, t, "i64")))
        rows = f.op("sub", last, "%row0", "rows")
        some = f.let("some", f"icmp sgt i64 {rows}, 0")
        rows = f.op("sdiv", f.op("add", rows, f.op("sub", "%apart", "1")), "%apart", "rows")
        rows = f.let("rows", f"select i1 {some}, i64 {rows}, i64 0")
        sofar = f.load("i64", "%count", "sofar")
        f.line(f"store i64 {f.op('add', sofar, rows)}, ptr %count")
    return f.text()


def fill(*, backwards: bool) -> str:
    """`fill`: the pointers of one buffer, described at %about, for steps and rows.

    Steps are taken in the order in which chunks are: what is added up over the steps of a row must
    not depend on where a chunk ends, for that depends on the other rows. Where all rows are alike,
    they lie at even distances, and the first two say where the rest is.
    """
    f = Function(
        "fill",
        f"ptr %frame, ptr %about, ptr %out, {FILL_ARGUMENTS}",
        attributes="nounwind",
        private=False,
    )
    tables = {
        name: fact(f, name, "ptr")
        for name in ("active", "when", "start", "direction", "order", "length", "reset")
    }
    rows = fact(f, "rows")
    about = {
        word: f.load("i64", f.at("%about", str(i), "i64"), word)
        for i, word in enumerate(BUFFER_WORDS)
    }
    whole = f.let("whole", f"icmp eq i64 {fact(f, 'dealt')}, 0")
    no_reset = f.let("none", f"icmp eq ptr {tables['reset']}, null")
    alike = f.let("alike", f"and i1 {whole}, {no_reset}")
    f.line("store i64 0, ptr %count")
    with f.loop("t", "%from", "%to") as t:
        if backwards:
            t = f.op("sub", f.op("sub", f.op("add", "%from", "%to"), "1"), t, "t")
        last = f.smaller("%row1", f.load("i64", f.at(tables["active"], t, "i64")))
        two = f.smaller(last, f.op("add", "%row0", "2"))
        some = f.let("some", f"select i1 {alike}, i64 {two}, i64 {last}")
        before = f.load("i64", "%count", "before")
        with f.loop("r", "%row0", some, "%apart") as r:
            address = _address(f, tables, about, rows, t, r)
            index = f.load("i64", "%count", "index")
            f.line(f"store i64 {address}, ptr {f.at('%out', index, 'i64')}")
            f.line(f"store i64 {f.op('add', index, '1')}, ptr %count")
        with f.when(f.let("more", f"icmp sgt i64 {last}, {some}")):
            out = f.at("%out", before, "i64", "out")
            first = f.load("i64", out, "first")
            apart = f.op("sub", f.load("i64", f.at(out, "1", "i64")), first, "apart")
            with f.loop("r", some, last) as r:
                number = f.op("sub", r, "%row0")
                address = f.op("add", first, f.op("mul", number, apart))
                f.line(f"store i64 {address}, ptr {f.at(out, number, 'i64')}")
            count = f.op("add", before, f.op("sub", last, "%row0"))
            f.line(f"store i64 {count}, ptr %count")
    return f.text()


def _address(
    f: Function, tables: dict[str, str], about: dict[str, str], rows: str, t: str, r: str
) -> str:
    original = f.load("i64", f.at(tables["order"], r, "i64"), "original")
    step, stand_in = _neighbor(f, tables, about, rows, t, r)
    place = _place(f, tables, step, r)
    here = _by_mode(f, tables, about, rows, step, place, r, original)
    first = f.op("add", about["first"], f.op("mul", original, about["first_stride"]))
    missing, fresh = stand_in
    value = f.let("address", f"select i1 {missing}, i64 {first}, i64 {here}")
    return f.let("address", f"select i1 {fresh}, i64 {about['fresh']}, i64 {value}")


def _is(f: Function, value: str, number: int) -> str:
    return f.let("is", f"icmp eq i64 {value}, {int(number)}")


def _neighbor(
    f: Function, tables: dict[str, str], about: dict[str, str], rows: str, t: str, r: str
) -> tuple[str, tuple[str, str]]:
    """The step meant, and (is it outside the row?, does a reset stand between?)."""
    before = _is(f, about["neighbor"], Neighbor.BEFORE)
    after = _is(f, about["neighbor"], Neighbor.AFTER)
    guarded = _is(f, about["neighbor"], Neighbor.GUARDED)
    shift = f.let("shift", f"select i1 {after}, i64 1, i64 0")
    shift = f.let("shift", f"select i1 {before}, i64 -1, i64 {shift}")
    step = f.op("add", t, shift, "step")
    length = f.load("i64", f.at(tables["length"], r, "i64"), "length")
    early = f.let("early", f"icmp slt i64 {step}, 0")
    late = f.let("late", f"icmp sge i64 {step}, {length}")
    missing = f.let("missing", f"or i1 {early}, {late}")
    # the reset that could cut: before this step, or before the next one
    cut_step = f.let("cut", f"select i1 {after}, i64 {step}, i64 {t}")
    inside = f.let("inside", f"icmp slt i64 {cut_step}, {length}")
    has_resets = f.let("has", f"icmp ne ptr {tables['reset']}, null")
    looks = f.let("looks", f"or i1 {before}, {after}")
    looks = f.let("looks", f"or i1 {looks}, {guarded}")
    ask = f.let("ask", f"and i1 {inside}, {has_resets}")
    ask = f.let("ask", f"and i1 {ask}, {looks}")
    safe = f.let("safe", f"select i1 {ask}, i64 {cut_step}, i64 0")
    place = _place(f, tables, safe, r)
    original = f.load("i64", f.at(tables["order"], r, "i64"), "original")
    cell = f.op("add", f.op("mul", place, rows), original)
    cell = f.let("cell", f"select i1 {ask}, i64 {cell}, i64 0")
    table = f.let("table", f"select i1 {has_resets}, ptr {tables['reset']}, ptr {tables['order']}")
    flag = f.load("i8", f.at(table, cell), "flag")
    flagged = f.let("flagged", f"icmp ne i8 {flag}, 0")
    return step, (missing, f.let("fresh", f"and i1 {flagged}, {ask}"))


def _place(f: Function, tables: dict[str, str], step: str, r: str) -> str:
    """Where in the user's sequence step t of row r is: rows may start late or run backwards."""
    start = f.load("i64", f.at(tables["start"], r, "i64"), "start")
    direction = f.load("i64", f.at(tables["direction"], r, "i64"), "direction")
    return f.op("add", start, f.op("mul", direction, step), "place")


def _by_mode(
    f: Function,
    tables: dict[str, str],
    about: dict[str, str],
    rows: str,
    step: str,
    place: str,
    r: str,
    original: str,
) -> str:
    by_row = f.op("add", about["base"], f.op("mul", r, about["row_stride"]), "by_row")
    # clamped: a missing neighbor is replaced later, but its table entry must exist
    zero = f.let("low", f"icmp slt i64 {step}, 0")
    low = f.let("step", f"select i1 {zero}, i64 0, i64 {step}")
    # a slot for every row of the batch at every step, running or not: workers may be in different
    # chunks at a time, and a slot must be one worker's in all of them
    index = f.op("mul", f.op("sub", low, "%chunk0"), rows)
    index = f.op("add", index, r, "index")
    by_chunk = f.op("add", about["base"], f.op("mul", index, about["row_stride"]), "by_chunk")
    wrapped = f.op("and", step, about["wrap"], "wrapped")
    in_row = f.op("add", about["base"], f.op("mul", original, about["row_stride"]), "in_row")
    by_inner = f.op("add", in_row, f.op("mul", wrapped, about["step_stride"]), "by_inner")
    inside = f.let("inside", f"icmp sge i64 {place}, 0")
    length = f.load("i64", f.at(tables["length"], r, "i64"), "length")
    within = f.let("within", f"icmp slt i64 {step}, {length}")
    known = f.let("known", f"and i1 {inside}, {within}")
    safe = f.let("safe", f"select i1 {known}, i64 {place}, i64 0")
    when = f.load("i64", f.at(tables["when"], safe, "i64"), "when")
    by_user = f.op("add", in_row, f.op("mul", when, about["step_stride"]), "by_user")
    value = by_row
    coordinates = f.op("or", f.op("shl", original, "32"), place, "coordinates")
    for mode, candidate in (
        (Address.CHUNK, by_chunk),
        (Address.INNER, by_inner),
        (Address.USER, by_user),
        (Address.COORDINATES, coordinates),
    ):
        chosen = _is(f, about["address"], mode)
        value = f.let("value", f"select i1 {chosen}, i64 {candidate}, i64 {value}")
    return value


def fill_region(layout: Layout, region: str, buffers: Iterable[int]) -> str:
    """`fill_<region>`: the pointers of every buffer that a region touches."""
    f = Function(f"fill_{region}", f"ptr %frame, ptr %pointers, {FILL_ARGUMENTS}", attributes=GLUE)
    given, touched = FILL_ARGUMENTS, sorted(buffers)
    f.line(f"call void @count(ptr %frame, {given})")
    if not touched:
        return f.text()
    kind, numbers = f"[{len(touched)} x i64]", ", ".join(f"i64 {buffer}" for buffer in touched)
    items = layout.load(f, "items")
    first = f.at("%frame", str(layout.buffer_slot(0, "base")), "i64", "buffers")
    with f.loop("n", "0", str(len(touched))) as n:
        buffer = f.load("i64", f.at(f"@touched_{region}", n, "i64"), "buffer")
        about = f.at(first, f.op("mul", buffer, str(len(BUFFER_WORDS))), "i64", "about")
        out = f.at("%pointers", f.op("mul", items, buffer), "ptr", "rows")
        f.line(f"call void @fill(ptr %frame, ptr {about}, ptr {out}, {given})")
    return f"@touched_{region} = private constant {kind} [{numbers}]\n\n{f.text()}"
