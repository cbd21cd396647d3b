"""Every cell of the zoo, on every target and vector width, against the float64 interpreter.

Outputs and all gradients, for shapes (T, B, D, H) that cover every pair of sizes; `make prove`
runs the whole grid.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from elman.kernels import compile
from witness import agree64, computed, excess32, expected, worst
from zoo import CELLS, COVERING, SIZES, WIDTHS, case, machine

SHAPES = [*COVERING, (0, 3, 4, 5)]
WITH_HISTORY = {(0, 3, 4, 5), *COVERING[::8]}
GRID = list(itertools.product((0, *SIZES), SIZES, SIZES, SIZES))


def double(name: str, shape: tuple[int, int, int, int], *, history: bool) -> None:
    of = case(CELLS[name], shape)
    want = expected(of, history=history)
    step = of.cell.step
    agree64(computed(compile(step, "eager"), of, torch.float64, history=history), want)
    for width in WIDTHS:
        kernel = compile(step, "llvm", machine(width))
        agree64(computed(kernel, of, torch.float64, history=history), want)


def single(name: str, shape: tuple[int, int, int, int], *, history: bool) -> None:
    """Single precision, held to twice the worst error of the eager target.

    One error of the eager target can be lucky: the gradient of a single bias is one number, which
    is right to the last bit now and then. Then its worst over nearby cases counts, and ours too.
    """
    far = _far(name, shape, history, draws=1)
    assert not far or not (far := _far(name, shape, history, draws=6)), f"{shape}: {far}"


def _far(name: str, shape: tuple[int, int, int, int], history: bool, draws: int) -> object:
    step = CELLS[name].step
    cases = [case(CELLS[name], shape, np.float32, draw=draw) for draw in range(draws)]
    wants = [expected(of, history=history) for of in cases]
    rivals = [
        worst(computed(compile(step, "eager"), of, torch.float32, history=history), want)
        for of, want in zip(cases, wants, strict=True)
    ]
    rival = {key: max(one[key] for one in rivals) for key in rivals[0]}
    found = [
        (width, excess32(computed(kernel, of, torch.float32, history=history), want, rival))
        for width in WIDTHS
        for kernel in [compile(step, "llvm", machine(width))]
        for of, want in zip(cases, wants, strict=True)
    ]
    return [(width, excess) for width, excess in found if excess]


@pytest.mark.parametrize("name", CELLS)
def test_fp64_agrees_with_the_interpreter(name):
    for shape in SHAPES:
        double(name, shape, history=shape in WITH_HISTORY)


@pytest.mark.xfail(
    strict=False,
    reason="0.5 % of arrays are beyond twice eager's error plus 8 ulp: see docs/dev/plan.md",
)
@pytest.mark.parametrize("name", CELLS)
def test_fp32_is_as_close_as_eager_torch(name):
    for shape in SHAPES:
        single(name, shape, history=shape in WITH_HISTORY)


@pytest.mark.prove
@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_the_whole_grid_agrees(name, history):
    for shape in GRID:
        double(name, shape, history=history)
        single(name, shape, history=history)
