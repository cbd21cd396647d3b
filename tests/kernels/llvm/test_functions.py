"""Vector functions of compiled code against NumPy in more precision; and the tables agree."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest

from elman.graph.ops import OPS
from elman.kernels.eager import OPERATIONS
from elman.kernels.llvm.functions import WRITERS, Lanes, declarations
from elman.kernels.llvm.machine import Machine, compile_text
from elman.kernels.llvm.text import Function
from zoo import WIDTHS

# the largest error in units of the last place, in double and in single precision
BOUNDS = {"exp": 1.1, "tanh": 1.8, "sigmoid": 1.1, "log": 1.0, "softplus": 2.4, "sqrt": 0.501}
SINGLE = {**BOUNDS, "tanh": 1.1}
TRUE = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "log": np.log,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "sqrt": np.sqrt,
}


def computed(name: str, dtype: str, width: str, points: np.ndarray) -> np.ndarray:
    machine = Machine.host().narrowed(width)
    f = Function("run", "ptr %from, ptr %to, i64 %n", attributes="nounwind", private=False)
    v = Lanes(f, dtype, machine.lanes(dtype))
    with f.loop("i", "0", "%n", str(v.lanes)) as i:
        x = f.let("x", f"load {v.kind}, ptr {f.at('%from', i, v.scalar)}, align 4")
        f.line(f"store {v.kind} {WRITERS[name](v, x)}, ptr {f.at('%to', i, v.scalar)}, align 4")
    code = compile_text(declarations(dtype, v.lanes) + "\n" + f.text(), machine, {})
    out = np.zeros_like(points)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    call(code.address("run"))(points.ctypes.data, out.ctypes.data, len(points))
    return out


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_functions_are_right_to_the_last_places(name, dtype, width, rng):
    kind = np.float32 if dtype == "f32" else np.float64
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e30, -1e30, 88.7, -103.9, 710.0]
    # where e^x is as small beside 1 as roundings are, and where it is hardly a number any more
    special += [sign * x for sign in (-1, 1) for x in (16.7, 17.4, 36.9, 37.5, 87.4, 708.5, 744.9)]
    spread = [rng.normal(size=8192) * scale for scale in (1e-6, 1e-2, 1, 10, 60, 400)]
    points = np.concatenate([*spread, np.resize(special, 128)]).astype(kind)
    assert worst(name, dtype, width, points) <= (SINGLE if dtype == "f32" else BOUNDS)[name]


def worst(name: str, dtype: str, width: str, points: np.ndarray) -> float:
    """The largest error in ulp; what is NaN or infinite must be so."""
    kind = points.dtype
    got = computed(name, dtype, width, points)
    with np.errstate(all="ignore"):
        exact = TRUE[name](points.astype(np.longdouble if dtype == "f64" else np.float64))
        want = exact.astype(kind)
        finite = np.isfinite(want) & np.isfinite(got)
        ulp = np.spacing(np.maximum(np.abs(want), np.finfo(kind).tiny))
        error = np.abs(got.astype(exact.dtype) - exact)[finite] / ulp[finite]
    assert np.array_equal(np.isnan(got), np.isnan(want))
    assert np.array_equal(np.isinf(got), np.isinf(want))
    return float(error.max(initial=0))


@pytest.mark.prove
@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_every_single_precision_number_is_right_to_the_last_places(name):
    errors = [
        worst(name, "f32", WIDTHS[0], np.arange(start, start + 2**24, dtype=np.uint32).view("f4"))
        for start in range(0, 2**32, 2**24)
    ]
    assert max(errors) <= SINGLE[name], f"{max(errors):.3f} ulp"


@pytest.mark.parametrize("name", ["sin", "cos", "erf"])
def test_library_functions_take_arguments_of_any_size(name):
    points = np.resize([0.0, 0.5, -3.0, 1e3, 1e9, 1e30, -1e30], 64).astype(np.float64)
    want = [getattr(math, name)(x) for x in points]
    assert np.allclose(computed(name, "f64", WIDTHS[0], points), want, rtol=0, atol=1e-15)


def test_every_target_knows_every_primitive():
    assert set(WRITERS) == set(OPS) == set(OPERATIONS)
