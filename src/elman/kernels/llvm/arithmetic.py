"""The arithmetic of matrix products: numbers one by one, or pairs of bf16 with sums in fp32.

Of a pair, two terms that follow one another lie in one lane of 32 bits, the earlier one in the
lower half; one instruction multiplies both pairs of a lane and adds the two to a sum. What a
product reads is rounded to the nearest bf16, ties to even; a missing term is zero. A processor
without AVX512-BF16 does it with two fused multiply-adds, the later term first: right, and slower.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.kernels.llvm.functions import Lanes
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.text import Function

_HIGH = -(1 << 16)  # the upper half of a lane


@dataclass(frozen=True)
class Arithmetic:
    """How products of one type are computed: `dtype` is f32 or f64, `pairs` goes with f32 only.

    `native` says that there is an instruction for pairs.
    """

    dtype: str
    lanes: int
    pairs: bool = False
    native: bool = False

    @classmethod
    def of(cls, machine: Machine, dtype: str, *, pairs: bool = False) -> Arithmetic:
        """The arithmetic of a machine."""
        return cls(dtype, machine.lanes(dtype), pairs, pairs and machine.multiplies_bf16)

    def lines(self, function: Function) -> Lanes:
        """What writes its vectors into a function."""
        return Lanes(function, self.dtype, self.lanes)

    def count(self, terms: int) -> int:
        """Numbers that so many terms take in a panel: half as many as pairs."""
        return -(-terms // 2) if self.pairs else terms

    def counted(self, f: Function, terms: str) -> str:
        """The same in the code of a function."""
        if not self.pairs:
            return terms
        return f.op("sdiv", f.op("add", terms, "1"), "2") if terms != "0" else "0"

    def add(self, v: Lanes, into: str, x: str, w: str, total: str) -> None:
        """`into` is a sum with the product of two vectors, or of all their pairs, added to it."""
        fma = f"call {v.kind} @llvm.fma.{v.suffix}"
        if not self.pairs:
            v.f.line(f"{into} = {fma}({v.kind} {x}, {v.kind} {w}, {v.kind} {total})")
        elif self.native:
            kind = f"<{2 * v.lanes} x bfloat>"
            pairs = [v.f.let("pairs", f"bitcast {v.kind} {side} to {kind}") for side in (x, w)]
            given = f"{v.kind} {total}, {kind} {pairs[0]}, {kind} {pairs[1]}"
            v.f.line(f"{into} = call {v.kind} @{_name(v)}({given})")
        else:
            (x0, x1), (w0, w1) = _apart(v, x), _apart(v, w)
            later = v.fma(x1, w1, total)
            v.f.line(f"{into} = {fma}({v.kind} {x0}, {v.kind} {w0}, {v.kind} {later})")

    def pair(self, v: Lanes, earlier: str, later: str) -> str:
        """Two vectors of terms as one of pairs, rounded."""
        low, high = (self.short(v, side) for side in (earlier, later))
        low, high = (
            v.f.let("bits", f"zext <{v.lanes} x i16> {side} to {v.whole}") for side in (low, high)
        )
        return v.as_numbers(v.do_bits("or", low, v.do_bits("shl", high, v.bits(16))))

    def short(self, v: Lanes, x: str) -> str:
        """Numbers rounded to bf16, as 16 bits each. NaN stays one."""
        short = f"<{v.lanes} x i16>"
        if self.native:
            kind = f"<{v.lanes} x bfloat>"
            rounded = v.f.let("short", f"fptrunc {v.kind} {x} to {kind}")
            return v.f.let("short", f"bitcast {kind} {rounded} to {short}")
        bits = v.as_bits(x)
        odd = v.do_bits("and", v.do_bits("lshr", bits, v.bits(16)), v.bits(1))
        up = v.do_bits("add", v.do_bits("add", bits, v.bits(0x7FFF)), odd)
        quiet = v.do_bits("or", bits, v.bits(1 << 22))
        is_nan = v.compare("uno", x, x)
        kinds = f"{v.truth} {is_nan}, {v.whole} {quiet}, {v.whole} {up}"
        high = v.do_bits("lshr", v.f.let("bits", f"select {kinds}"), v.bits(16))
        return v.f.let("short", f"trunc {v.whole} {high} to {short}")

    @property
    def declaration(self) -> str:
        """The instruction for pairs, if it is used."""
        if not self.native:
            return ""
        v = Lanes(Function("none", "", attributes=""), self.dtype, self.lanes)
        kind = f"<{2 * self.lanes} x bfloat>"
        return f"declare {v.kind} @{_name(v)}({v.kind}, {kind}, {kind})\n"


def _name(v: Lanes) -> str:
    return f"llvm.x86.avx512bf16.dpbf16ps.{32 * v.lanes}"


def _apart(v: Lanes, pairs: str) -> tuple[str, str]:
    """The earlier and the later terms of pairs, as fp32."""
    bits = v.as_bits(pairs)
    low, high = v.do_bits("shl", bits, v.bits(16)), v.do_bits("and", bits, v.bits(_HIGH))
    return v.as_numbers(low), v.as_numbers(high)


def round_rows(a: Arithmetic, terms: int) -> str:
    """`round_rows`: `count` rows' terms k.. as pairs, `terms` numbers of room for each row."""
    f = Function(
        "round_rows",
        "ptr %rows, i64 %count, i64 %k, i64 %terms, ptr %to",
        attributes="noinline nounwind",
    )
    v = a.lines(f)
    with f.loop("row", "0", "%count") as row:
        source = f.at(f.load("ptr", f.at("%rows", row, "ptr")), "%k", v.scalar, "source")
        to = f.at("%to", f.op("mul", row, str(terms)), "i32", "to")
        with f.loop("term", "0", "%terms", str(v.lanes)) as term:
            inside = v.before(f.op("sub", "%terms", term))
            args = f"ptr {f.at(source, term, v.scalar)}, i32 4, {v.truth} {inside}"
            args += f", {v.kind} zeroinitializer"
            x = f.let("x", f"call {v.kind} @llvm.masked.load.{v.suffix}.p0({args})")
            f.line(f"store <{v.lanes} x i16> {a.short(v, x)}, ptr {f.at(to, term, 'i16')}, align 2")
    return f.text()
