"""Every cell of the zoo, on every target and vector width, against the float64 interpreter.

Outputs and all gradients, for shapes (T, B, D, H) that cover every pair of sizes. `make prove` runs
the whole grid over cells that use every feature between them, and a sample of it for the rest.
"""

from __future__ import annotations

import itertools
import random
import sys
from functools import lru_cache

import numpy as np
import pytest
import torch

from elman.kernels import Kernel, compile
from elman.kernels.eager import Eager
from witness import Results, agree64, allowed64, computed, expected, extended, largest, worst
from zoo import CELLS, COVERING, LEAST_SINGLE, SIZES, TEXTS, WIDTHS, Case, case, machine

SHAPES = [*COVERING, (0, 3, 4, 5)]
WITH_HISTORY = {(0, 3, 4, 5), *COVERING[::8]}
DRAWS = (1, 16, 256)  # of numbers, for a bound in single precision
WHOLE = ("rnn", "gru", "lstm", "mut1", *TEXTS)
REST = [name for name in CELLS if name not in WHOLE]
MANY = 16  # steps
SAMPLE = 48  # shapes of the grid, for each of the rest


Shape = tuple[int, int, int, int]


@lru_cache(maxsize=1)
def drawn(name: str, shape: Shape, history: bool, draw: int) -> tuple[Case, Results]:
    """A case of numbers that are exact in single precision, and what it must give."""
    of = case(CELLS[name], shape, np.float32, draw=draw)
    return of, expected(of, history=history)


def double(name: str, shape: Shape, *, history: bool) -> None:
    of, want = drawn(name, shape, history, 0)
    step = of.cell.step
    agree64(computed(compile(step, "eager"), of, torch.float64, history=history), want)
    for width in WIDTHS:
        kernel = compile(step, "llvm", machine(width))
        agree64(computed(kernel, of, torch.float64, history=history), want)


def single(name: str, shape: Shape, *, history: bool) -> None:
    """Single precision, held to twice the worst error of the eager target and 8 ulp.

    One draw of numbers says little where a result is one number, or where numbers cancel: the eager
    target is then right to the last bit now and then. Where one draw is beyond the bound, more of
    them are looked at, together, as if they were one larger tensor.
    """
    *others, units = shape
    shape = (*others, max(units, LEAST_SINGLE.get(name, 1)))  # pyright: ignore[reportAssignmentType]
    far: Far = []
    for draws in DRAWS:
        far = _far(name, shape, history, draws, only={found[:2] for found in far})
        if not far:
            return
    raise AssertionError(f"{name} {shape}: {far}")


Far = list[tuple[str, str, float, float]]


def _far(name: str, shape: Shape, history: bool, draws: int, only: set[tuple[str, str]]) -> Far:
    """(width, array, our worst error, the bound), in ulp, where the bound is not kept."""
    step = CELLS[name].step
    widths = [width for width in WIDTHS if not only or width in {one for one, _ in only}]
    kernels = {width: compile(step, "llvm", machine(width)) for width in widths}
    kernels["eager"] = compile(step, "eager")
    errors: dict[tuple[str, str], float] = {}
    sizes: dict[str, float] = {}
    for draw in range(draws):
        of, want = drawn(name, shape, history, draw)
        for array, value in want.items():
            sizes[array] = max(sizes.get(array, 0.0), largest(value))
        for target, kernel in kernels.items():
            got = computed(kernel, of, torch.float32, history=history)
            for array, error in worst(got, want).items():
                errors[target, array] = max(errors.get((target, array), 0.0), error)
    ulp = {array: float(np.spacing(np.float32(size))) for array, size in sizes.items()}
    return [
        (width, array, error / ulp[array], bound)
        for (width, array), error in errors.items()
        if width != "eager" and (not only or (width, array) in only)
        if error / ulp[array] > (bound := 2 * errors["eager", array] / ulp[array] + 8)
    ]


@pytest.mark.parametrize("name", CELLS)
def test_fp64_agrees_with_the_interpreter_and_fp32_is_as_close_as_eager_torch(name):
    for shape in SHAPES:
        for precision in (double, single):  # what is drawn must give the same in both
            precision(name, shape, history=shape in WITH_HISTORY)


@pytest.mark.parametrize("name", ["lstm", "mut1", "lstm_layernorm"])
def test_more_rows_and_terms_than_one_block_takes_agree(name):
    """Beyond ROWS rows, and beyond TERMS terms of every product, with what is left over."""
    for shape in ((2, 50, 150, 140), (3, 97, 5, 131)):
        double(name, shape, history=False)
        single(name, shape, history=False)


def beyond(name: str, shape: Shape, *, history: bool) -> bool:
    """Whether double precision cannot tell what a call gives: the interpreter is itself further
    from what it gives in extended precision than a target may be from it.

    Compiled code is then held to extended precision, and to twice the error of the worse of the
    two that are not compiled.
    """
    of, want = drawn(name, shape, history, 0)
    step, true = of.cell.step, expected(extended(of), history=history)
    own = worst(want, true)
    if all(error <= allowed64(want[array]) for array, error in own.items()):
        return False
    eager = worst(computed(compile(step, "eager"), of, torch.float64, history=history), true)
    for width in WIDTHS:
        kernel = compile(step, "llvm", machine(width))
        got = worst(computed(kernel, of, torch.float64, history=history), true)
        for array, error in got.items():
            bound = max(allowed64(want[array]), 2 * max(own[array], eager[array]))
            assert error <= bound, f"{array} is wrong by {error:.3g}, allowed {bound:.3g}"
    return True


def test_where_double_precision_can_tell_extended_precision_is_not_asked():
    assert not beyond("norms", (3, 3, 2, 7), history=True)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="needs an extended precision")
def test_rounding_errors_that_grow_are_seen_by_extended_precision(monkeypatch):
    name, shape = "norms", (33, 16, 1, 2)
    assert beyond(name, shape, history=True)
    monkeypatch.setattr(sys.modules[__name__], "computed", _a_little_off(computed))
    with pytest.raises(AssertionError, match="is wrong by"):
        beyond(name, shape, history=True)


def _a_little_off(computed):
    """`computed`, with every gradient of compiled code wrong by a billionth."""

    def changed(kernel: Kernel, *args, **more) -> Results:
        got = computed(kernel, *args, **more)
        off = 0.0 if isinstance(kernel, Eager) else 1e-9
        return {n: v * (1 + off * n.startswith("grad_")) for n, v in got.items()}

    return changed


def grid(name: str, shapes: list[Shape], tally) -> None:
    """Every shape in both precisions; what is too far in single precision is listed together."""
    tally(grid=2 * len(shapes))
    far: list[str] = []
    for shape in shapes:
        history = sum(map(SIZES.index, shape[1:])) % 2 == 1
        try:
            double(name, shape, history=history)
        except AssertionError:
            if not beyond(name, shape, history=history):
                raise
            tally(beyond=1)
        try:
            single(name, shape, history=history)
        except AssertionError as error:
            far.append(str(error))
    assert not far, "\n".join(far)


@pytest.mark.prove
@pytest.mark.parametrize("steps", (0, *SIZES))
@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_grid_agrees(name, steps, tally):
    """Every shape; of many steps, which take as many times as long, each shape by two cells."""
    shapes = [(steps, *rest) for rest in itertools.product(SIZES, repeat=3)]
    if steps >= MANY:
        apart = len(WHOLE) // 2
        shapes = shapes[WHOLE.index(name) % apart :: apart]
    grid(name, shapes, tally)


@pytest.mark.prove
@pytest.mark.parametrize("name", REST)
def test_a_sample_of_the_grid_agrees(name, tally):
    pick = random.Random(name)
    shapes = list(itertools.product((0, *SIZES), SIZES, SIZES, SIZES))
    grid(name, pick.sample(shapes, SAMPLE), tally)
