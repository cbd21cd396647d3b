"""Dropout masks in compiled code: Philox 4x32-10, as in `graph.counter`."""

from __future__ import annotations

from elman.graph import counter
from elman.graph.node import Node
from elman.kernels.llvm.functions import Lanes


def mask(v: Lanes, node: Node, seed: tuple[str, str], coordinates: str, unit: str) -> str:
    """The mask of `lanes` units; `coordinates` holds (row << 32 | step), `seed` (seed, stream)."""
    f, small, wide = v.f, f"<{v.lanes} x i32>", f"<{v.lanes} x i64>"
    rate, key = float(node.attribute[0]), int(node.attribute[1])

    def splat(value: str) -> str:
        one = f.let("word", f"insertelement {small} poison, i32 {value}, i64 0")
        zero = f"{small} zeroinitializer"
        return f.let("word", f"shufflevector {small} {one}, {small} poison, {zero}")

    def cut(value: str, shift: int) -> str:
        moved = f.op("lshr", value, str(shift)) if shift else value
        return f.let("word", f"trunc i64 {moved} to i32")

    def times(value: str, factor: int) -> tuple[str, str]:
        whole = f.let("wide", f"zext {small} {value} to {wide}")
        whole = f.let("wide", f"mul {wide} {whole}, splat (i64 {factor})")
        high = f.let("high", f"lshr {wide} {whole}, splat (i64 32)")
        return (
            f.let("high", f"trunc {wide} {high} to {small}"),
            f.let("low", f"trunc {wide} {whole} to {small}"),
        )

    def xor(a: str, b: str) -> str:
        return f.let("mixed", f"xor {small} {a}, {b}")

    where = f.let("where", f"ptrtoint ptr {coordinates} to i64")
    numbers = ", ".join(f"i32 {lane}" for lane in range(v.lanes))
    a = f.let("unit", f"add {small} {splat(cut(unit, 0))}, <{numbers}>")
    b, c = splat(cut(where, 32)), splat(cut(where, 0))
    if node.op == "row_mask":
        c = splat(str(counter.EVERY_STEP))
    d = splat(f.let("stream", f"or i32 {cut(seed[1], 0)}, {key & 0x7FFF}"))
    keys = [cut(seed[0], 0), cut(seed[0], 32)]
    for _ in range(counter.ROUNDS):
        high0, low0 = times(a, counter.MULTIPLIERS[0])
        high1, low1 = times(c, counter.MULTIPLIERS[1])
        first, second = splat(keys[0]), splat(keys[1])
        a, b, c, d = xor(xor(high1, b), first), low1, xor(xor(high0, d), second), low0
        keys = [f.let("key", f"add i32 {k}, {w}") for k, w in zip(keys, counter.WEYL, strict=True)]
    drop = f.let("drop", f"icmp ult {small} {a}, splat (i32 {counter.threshold(rate)})")
    return v.choose(drop, v.number(0.0), v.number(1 / (1 - rate)))
