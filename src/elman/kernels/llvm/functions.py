"""Vector arithmetic and functions, as lines of LLVM IR: one line of the table for each primitive.

No fast-math flag anywhere: where a fused multiply-add is meant it is written, so that every
variant of a kernel rounds alike. NaN goes through everything. Largest errors, in units of the last
place, are held by `tests/kernels/llvm/test_functions.py`; its long form runs over all fp32 inputs.

exp, expm1   x = n ln 2 + r, |r| <= ln 2 / 2; expm1(r) = r + r^2 q(r), q a polynomial
tanh         1 - 2 / (e + 1) with e = exp(2|x|), and an odd polynomial near 0 (fp32), or
             e / (e + 2) with e = expm1(2|x|) (fp64): both keep their relative accuracy near 0
sigmoid      1 / (1 + e) with e = exp(-x), all made so much smaller that it never overflows
log, log1p   2 atanh(s), s = f / (2 + f), as s (2 + z R(z)), z = s^2, R a polynomial
The polynomials interpolate at Chebyshev nodes (computed in 60 digits).
sin, cos and erf go lane by lane to the C library, which is right for arguments of any size.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elman.kernels.llvm.text import Function


@dataclass(frozen=True)
class Constants:
    """What differs between fp32 and fp64."""

    mantissa: int
    bias: int
    ln2_high: float
    ln2_low: float
    exp_low: float
    exp_high: float
    tanh_high: float
    tanh_near: float
    sigmoid_high: float
    sigmoid_shift: int
    smallest_normal: float
    exp_terms: tuple[float, ...]
    log_terms: tuple[float, ...]
    log1p_terms: tuple[float, ...]
    tanh_terms: tuple[float, ...]


F32 = Constants(
    23, 127, 0.693359375, -2.12194440e-4, -104.0, 89.0, 19.0, 0.8, 70.0, 24, 2.0**-126,
    (0.50000000134658092, 0.16666666681623231, 0.041666464925285905, 0.0083333109254809008,
     0.0013933649996309250, 0.00019890990824673654),
    (0.66666666554451646, 0.40000121876971991, 0.28550816599711549, 0.23330581938241894),
    (0.66666667320871503, 0.39999706206824966, 0.28592364795197616, 0.21706460997195692,
     0.23224921771214582),
    (-0.33333332744403960, 0.13333261841465856, -0.053953889519737619, 0.021759409786019377,
     -0.0084508725278071679, 0.0027591192588759842, -0.00052035268882535055),
)  # fmt: skip
F64 = Constants(
    52, 1023, 6.93147180369123816490e-01, 1.90821492927058770002e-10, -746.0, 710.0, 44.0,
    0.0, 670.0, 54, 2.0**-1022,
    (0.50000000000000010, 0.16666666666666667, 0.041666666666624128, 0.0083333333333300618,
     0.0013888888917213717, 0.00019841269863053617, 2.4801521295954375e-05,
     2.7557268459997065e-06, 2.7620088445409748e-07, 2.5100385495510319e-08),
    (0.66666666666666697, 0.39999999999899443, 0.28571428626003269, 0.22222211130259878,
     0.18182889455674946, 0.15331710618210772, 0.14616585424888622),
    (0.66666666666666666886, 0.39999999999999521998, 0.28571428571600264262,
     0.22222222198216112517, 0.18181819899267958975, 0.15384543917753164533,
     0.13335179661515710271, 0.11734265179376593114, 0.10845291032779812769,
     0.074916394606732655717, 0.15631534707431224485),
    (),
)  # fmt: skip


class Lanes:
    """Writes vector arithmetic of one type and width into a function."""

    def __init__(self, function: Function, dtype: str, lanes: int) -> None:
        self.f, self.dtype, self.lanes = function, dtype, lanes
        self.scalar = "float" if dtype == "f32" else "double"
        self.integer = "i32" if dtype == "f32" else "i64"
        self.kind = f"<{lanes} x {self.scalar}>"
        self.whole = f"<{lanes} x {self.integer}>"
        self.truth = f"<{lanes} x i1>"
        self.suffix = f"v{lanes}{dtype}"
        self.facts = F32 if dtype == "f32" else F64

    def number(self, value: float) -> str:
        """A constant in every lane."""
        return f"splat ({self.scalar} {self.literal(value)})"

    def spread(self, value: str) -> str:
        """One number in every lane."""
        one = self.f.let("x", f"insertelement {self.kind} poison, {self.scalar} {value}, i64 0")
        zero = f"<{self.lanes} x i32> zeroinitializer"
        return self.f.let("x", f"shufflevector {self.kind} {one}, {self.kind} poison, {zero}")

    def shuffle(self, a: str, b: str, lanes: Sequence[int]) -> str:
        """Numbers of two vectors, by their place in both, one behind the other."""
        order = ", ".join(f"i32 {lane}" for lane in lanes)
        places = f"<{len(lanes)} x i32> <{order}>"
        return self.f.let("v", f"shufflevector {self.kind} {a}, {self.kind} {b}, {places}")

    def before(self, count: str) -> str:
        """The lanes before a number of them."""
        kind = f"<{self.lanes} x i32>"
        some = self.f.let("count", f"trunc i64 {count} to i32")
        one = self.f.let("count", f"insertelement {kind} poison, i32 {some}, i64 0")
        zero = f"<{self.lanes} x i32> zeroinitializer"
        wide = self.f.let("count", f"shufflevector {kind} {one}, {kind} poison, {zero}")
        lanes = ", ".join(f"i32 {lane}" for lane in range(self.lanes))
        return self.f.let("inside", f"icmp slt {kind} <{lanes}>, {wide}")

    def literal(self, value: float) -> str:
        """A constant as LLVM reads it: exact, as the bits of a double."""
        if self.dtype == "f32":
            value = struct.unpack("f", struct.pack("f", value))[0]
        return f"0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016X}"

    def bits(self, value: int) -> str:
        """An integer constant in every lane."""
        return f"splat ({self.integer} {value})"

    def do(self, op: str, a: str, b: str, hint: str = "v") -> str:
        """A binary instruction on vectors of numbers."""
        return self.f.let(hint, f"{op} {self.kind} {a}, {b}")

    def do_bits(self, op: str, a: str, b: str) -> str:
        """A binary instruction on vectors of integers."""
        return self.f.let("bits", f"{op} {self.whole} {a}, {b}")

    def call(self, name: str, *args: str) -> str:
        """An LLVM intrinsic on vectors."""
        given = ", ".join(f"{self.kind} {arg}" for arg in args)
        return self.f.let("v", f"call {self.kind} @llvm.{name}.{self.suffix}({given})")

    def fma(self, a: str, b: str, c: str) -> str:
        """a * b + c, rounded once."""
        return self.call("fma", a, b, c)

    def compare(self, how: str, a: str, b: str) -> str:
        """A comparison; `how` is LLVM's (`ogt`: greater, and neither is NaN)."""
        return self.f.let("is", f"fcmp {how} {self.kind} {a}, {b}")

    def choose(self, condition: str, yes: str, no: str) -> str:
        """`yes` where the condition holds, else `no`."""
        return self.f.let(
            "pick", f"select {self.truth} {condition}, {self.kind} {yes}, {self.kind} {no}"
        )

    def polynomial(self, x: str, terms: tuple[float, ...]) -> str:
        """terms[0] + terms[1] x + ... by Horner's rule."""
        value = self.number(terms[-1])
        for term in reversed(terms[:-1]):
            value = self.fma(value, x, self.number(term))
        return value

    def short_polynomial(self, x: str, square: str, terms: tuple[float, ...]) -> str:
        """The same by pairs (G. Estrin, 1960): as many operations, of which fewer wait for another;
        `square` is x^2.
        """
        pairs = [
            self.fma(self.number(high), x, self.number(low))
            for low, high in zip(terms[::2], terms[1::2], strict=True)
        ]
        value = pairs[-1]
        for pair in reversed(pairs[:-1]):
            value = self.fma(value, square, pair)
        return value

    def as_bits(self, x: str) -> str:
        """The same bits as integers."""
        return self.f.let("bits", f"bitcast {self.kind} {x} to {self.whole}")

    def as_numbers(self, bits: str) -> str:
        """The same bits as numbers."""
        return self.f.let("v", f"bitcast {self.whole} {bits} to {self.kind}")

    def power_of_two(self, exponent: str, less: int = 0) -> str:
        """2^(n - less) within the normal range, for n that stands in the place of an exponent."""
        one = self.bits((self.facts.bias - less) << self.facts.mantissa)
        return self.as_numbers(self.do_bits("add", exponent, one))


def _reduced(v: Lanes, x: str) -> tuple[str, str]:
    """x = n ln 2 + r: n in the place of an exponent, and expm1(r).

    The sum with a large number has n as its last bits, whatever NaN makes of them.
    """
    facts = v.facts
    large = v.number(1.5 * 2.0**facts.mantissa)
    shifted = v.fma(x, v.number(1.4426950408889634), large)
    n = v.do("fsub", shifted, large)
    r = v.fma(n, v.number(-facts.ln2_high), x)
    r = v.fma(n, v.number(-facts.ln2_low), r)
    square = v.do("fmul", r, r)
    small = v.fma(square, v.short_polynomial(r, square, facts.exp_terms), r)
    return v.do_bits("shl", v.as_bits(shifted), v.bits(facts.mantissa)), small


def _clamped(v: Lanes, x: str, low: float | None, high: float | None) -> str:
    """x within bounds, NaN kept."""
    if high is not None:
        x = v.choose(v.compare("ogt", x, v.number(high)), v.number(high), x)
    if low is not None:
        x = v.choose(v.compare("olt", x, v.number(low)), v.number(low), x)
    return x


def exp(v: Lanes, x: str) -> str:
    """e^x; the scale is applied in two halves, so that results may be subnormal."""
    return _exp_pair(v, x)[0]


def _exp_pair(v: Lanes, x: str) -> tuple[str, str]:
    """e^x, and what its last rounding has lost."""
    n, small = _reduced(v, _clamped(v, x, v.facts.exp_low, v.facts.exp_high))
    half = v.do_bits("ashr", n, v.bits(1))
    half = v.do_bits("and", half, v.bits(-1 << v.facts.mantissa))
    scale, more = v.power_of_two(half), v.power_of_two(v.do_bits("sub", n, half))
    value = v.fma(small, scale, scale)
    lost = v.fma(small, scale, v.do("fsub", scale, value))
    return v.do("fmul", value, more), v.do("fmul", lost, more)


def _decay(v: Lanes, x: str) -> tuple[str, str]:
    """e^-|x|, and what its last rounding has lost."""
    return _exp_pair(v, v.f.let("v", f"fneg {v.kind} {v.call('fabs', x)}"))


def sigmoid(v: Lanes, x: str) -> str:
    """1 / (1 + e^-x): all is made smaller by 2^shift, so that e^-x has room for a small result."""
    facts = v.facts
    one = v.number(2.0**-facts.sigmoid_shift)
    x = _clamped(v, x, facts.exp_low, facts.sigmoid_high)
    n, small = _reduced(v, v.f.let("v", f"fneg {v.kind} {x}"))
    scale = v.power_of_two(n, facts.sigmoid_shift)
    less = v.do("fadd", scale, one)
    below = v.fma(small, scale, less)
    # what the two roundings have lost; that of the first is seen so unless e is next to nothing
    rest = v.do("fsub", one, v.do("fsub", less, scale))
    rest = v.do("fadd", rest, v.fma(small, scale, v.do("fsub", less, below)))
    inverse = v.do("fdiv", v.number(1.0), below)
    minus = v.f.let("v", f"fneg {v.kind} {inverse}")
    short = v.fma(minus, rest, v.fma(minus, below, v.number(1.0)))
    return v.do("fmul", v.fma(short, inverse, inverse), one)


def tanh(v: Lanes, x: str) -> str:
    """1 - 2 / (e^2x + 1); near 0 a polynomial, or with many digits (e^2x - 1) / (e^2x + 1)."""
    facts, one = v.facts, v.number(1.0)
    size = v.call("fabs", x)
    n, small = _reduced(v, _clamped(v, v.do("fadd", size, size), None, facts.tanh_high))
    scale = v.power_of_two(n)
    if not facts.tanh_terms:
        less = v.do("fsub", scale, one)
        e = v.fma(small, scale, less)
        rest = v.fma(small, scale, v.do("fsub", less, e))
        return v.call("copysign", _ratio(v, e, rest, *_plus(v, e, rest, v.number(2.0))), x)
    below = v.fma(small, scale, v.do("fadd", scale, one))
    far = v.do("fsub", one, v.do("fdiv", v.number(2.0), below))
    square = v.do("fmul", x, x)
    near = v.do("fmul", square, v.polynomial(square, facts.tanh_terms))
    near = v.fma(size, near, size)
    is_near = v.compare("olt", size, v.number(facts.tanh_near))
    return v.call("copysign", v.choose(is_near, near, far), x)


def _plus(v: Lanes, e: str, rest: str, one: str) -> tuple[str, str]:
    """e + rest + one, and what rounding has lost; e is not larger by much than one."""
    total = v.do("fadd", e, one)
    return total, v.do("fadd", v.do("fsub", e, v.do("fsub", total, one)), rest)


def _ratio(v: Lanes, top: str, top_rest: str, below: str, below_rest: str) -> str:
    """(top + top_rest) / (below + below_rest), the rests being what rounding has lost."""
    inverse = v.do("fdiv", v.number(1.0), below)
    ratio = v.do("fmul", top, inverse)
    minus = v.f.let("v", f"fneg {v.kind} {ratio}")
    short = v.fma(minus, below, top)
    short = v.do("fadd", short, v.fma(minus, below_rest, top_rest))
    return v.fma(short, inverse, ratio)


def log(v: Lanes, x: str) -> str:
    """The natural logarithm: -inf at 0, NaN below."""
    facts = v.facts
    tiny = v.compare("olt", x, v.number(facts.smallest_normal))
    lifted = v.do("fmul", x, v.number(2.0**facts.mantissa))
    normal = v.choose(tiny, lifted, x)
    down = v.choose(tiny, v.number(-float(facts.mantissa)), v.number(0.0))
    bits = v.as_bits(normal)
    root_half = struct.pack(">f" if v.dtype == "f32" else ">d", 0.5**0.5)
    offset = v.do_bits("sub", bits, v.bits(int.from_bytes(root_half, "big")))
    exponent = v.do_bits("ashr", offset, v.bits(facts.mantissa))
    scaled = v.do_bits("sub", bits, v.do_bits("shl", exponent, v.bits(facts.mantissa)))
    k = v.do("fadd", v.f.let("k", f"sitofp {v.whole} {exponent} to {v.kind}"), down)
    f = v.do("fsub", v.as_numbers(scaled), v.number(1.0))
    s = v.do("fdiv", f, v.do("fadd", f, v.number(2.0)))
    z = v.do("fmul", s, s)
    r = v.do("fmul", z, v.polynomial(z, facts.log_terms))
    half_square = v.do("fmul", v.do("fmul", f, f), v.number(0.5))
    low = v.fma(k, v.number(facts.ln2_low), v.do("fmul", s, v.do("fadd", half_square, r)))
    low = v.do("fsub", v.do("fsub", half_square, low), f)
    value = v.do("fsub", v.do("fmul", k, v.number(facts.ln2_high)), low)
    value = v.choose(v.compare("oeq", x, v.number(float("inf"))), x, value)
    value = v.choose(v.compare("oeq", x, v.number(0.0)), v.number(float("-inf")), value)
    return v.choose(v.compare("uge", x, v.number(0.0)), _or_nan(v, x, value), _nan(v))


def _nan(v: Lanes) -> str:
    return v.number(float("nan"))


def _or_nan(v: Lanes, x: str, value: str) -> str:
    return v.choose(v.compare("ord", x, x), value, x)


def softplus(v: Lanes, x: str) -> str:
    """max(x, 0) + log1p(e^-|x|)."""
    e, rest = _decay(v, x)
    s = _ratio(v, e, rest, *_plus(v, e, rest, v.number(2.0)))
    z = v.do("fmul", s, s)
    series = v.fma(z, v.polynomial(z, v.facts.log1p_terms), v.number(2.0))
    return v.fma(s, series, relu(v, x))


def relu(v: Lanes, x: str) -> str:
    """max(x, 0), NaN kept."""
    return v.choose(v.compare("ole", x, v.number(0.0)), v.number(0.0), x)


def hard_sigmoid(v: Lanes, x: str) -> str:
    """clip(x / 6 + 1 / 2, 0, 1)."""
    line = v.do("fadd", v.do("fdiv", x, v.number(6.0)), v.number(0.5))
    return _clamped(v, line, 0.0, 1.0)


def silu(v: Lanes, x: str) -> str:
    """x sigmoid(x)."""
    return v.do("fmul", x, sigmoid(v, x))


def gelu(v: Lanes, x: str) -> str:
    """x (1 + erf(x / sqrt 2)) / 2."""
    inner = erf(v, v.do("fmul", x, v.number(0.5**0.5)))
    return v.do("fmul", v.do("fmul", x, v.number(0.5)), v.do("fadd", inner, v.number(1.0)))


def _library(name: str) -> Callable[[Lanes, str], str]:
    """A function of the C library, lane by lane."""

    def each(v: Lanes, x: str) -> str:
        called = name + ("f" if v.dtype == "f32" else "")
        result = "poison"
        for lane in range(v.lanes):
            one = v.f.let("one", f"extractelement {v.kind} {x}, i64 {lane}")
            one = v.f.let("one", f"call {v.scalar} @{called}({v.scalar} {one})")
            result = v.f.let("v", f"insertelement {v.kind} {result}, {v.scalar} {one}, i64 {lane}")
        return result

    return each


erf = _library("erf")
sin = _library("sin")
cos = _library("cos")


def _plain(op: str) -> Callable[..., str]:
    return lambda v, a, b: v.do(op, a, b)


def _intrinsic(name: str) -> Callable[..., str]:
    return lambda v, *args: v.call(name, *args)


def _comparison(how: str) -> Callable[..., str]:
    return lambda v, a, b: v.compare(how, a, b)


WRITERS: dict[str, Callable[..., str]] = {
    "add": _plain("fadd"),
    "sub": _plain("fsub"),
    "mul": _plain("fmul"),
    "div": _plain("fdiv"),
    "neg": lambda v, x: v.f.let("v", f"fneg {v.kind} {x}"),
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "softplus": softplus,
    "hard_sigmoid": hard_sigmoid,
    "silu": silu,
    "gelu": gelu,
    "exp": exp,
    "log": log,
    "sqrt": _intrinsic("sqrt"),
    "abs": _intrinsic("fabs"),
    "min": _intrinsic("minimum"),
    "max": _intrinsic("maximum"),
    "sin": sin,
    "cos": cos,
    "erf": erf,
    "where": lambda v, c, a, b: v.choose(c, a, b),
    "lt": _comparison("olt"),
    "le": _comparison("ole"),
    "gt": _comparison("ogt"),
    "ge": _comparison("oge"),
    "eq": _comparison("oeq"),
    "ne": _comparison("une"),
}


def declarations(dtype: str, lanes: int) -> str:
    """The intrinsics and library functions that these lines call, for vectors and for one lane."""
    ending, scalar = ("f", "float") if dtype == "f32" else ("", "double")
    rows = ["; vector arithmetic", "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)"]
    for width in sorted({1, lanes}, reverse=True):
        v = Lanes(Function("none", "", attributes=""), dtype, width)
        for name, arity in (
            ("fma", 3), ("fabs", 1), ("sqrt", 1), ("minimum", 2), ("maximum", 2),
            ("copysign", 2),
        ):  # fmt: skip
            rows.append(f"declare {v.kind} @llvm.{name}.{v.suffix}({', '.join([v.kind] * arity)})")
        name = f"{v.suffix}.p0"
        rows.append(f"declare {v.kind} @llvm.masked.load.{name}(ptr, i32, {v.truth}, {v.kind})")
        rows.append(f"declare void @llvm.masked.store.{name}({v.kind}, ptr, i32, {v.truth})")
    rows += [f"declare {scalar} @{name}{ending}({scalar})" for name in ("erf", "sin", "cos")]
    return "\n".join(rows)
