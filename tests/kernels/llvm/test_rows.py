"""Uneven lengths, directions, resets, layouts and masks: each row as if it ran alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from elman import cells
from elman.errors import ShapeError
from elman.graph import Output, Step, counter, mask, state, step_input
from elman.kernels import Arguments, compile
from elman.kernels.kernel import common_dtype, sizes_of
from elman.kernels.llvm import LLVM, kernel, pool, random, run
from elman.kernels.rows import full, table

STEP = cells.get("lstm").step
D, H = 3, 5


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    sizes = {"D": D, "H": H}
    return {
        leaf.name: torch.randn([sizes[s] for s in leaf.shape]).double().requires_grad_()
        for leaf in STEP.parameters
    }


def batch(steps: int, rows: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(4)
    x = torch.randn(steps, rows, D).double().requires_grad_()
    start = {n: torch.randn(rows, H).double().requires_grad_() for n in ("h", "c")}
    return x, start


def gradients(results, *given, pick=slice(None)):
    loss = (results.outputs["y"][:, pick].sin()).sum() + results.final["c"][pick].cos().sum()
    return torch.autograd.grad(loss, given)


@pytest.mark.parametrize("backwards", [False, True])
def test_rows_of_any_length_run_as_if_alone(backwards):
    lengths = [4, 0, 7, 1, 7]
    own = weights()
    x, start = batch(7, 5)
    rows = table(lengths, 7, backwards=backwards)
    found = LLVM(STEP)(Arguments({"x": x}, start, own, rows=rows))
    together = gradients(found, x, start["h"], start["c"], *own.values())
    summed = [torch.zeros_like(w) for w in own.values()]
    for b, length in enumerate(lengths):
        part = x[:length, b : b + 1].flip(0) if backwards else x[:length, b : b + 1]
        begin = {n: s[b : b + 1] for n, s in start.items()}
        alone = compile(STEP, "eager")(Arguments({"x": part}, begin, own))
        y = alone.outputs["y"].flip(0) if backwards else alone.outputs["y"]
        assert torch.allclose(found.outputs["y"][:length, b : b + 1], y, rtol=0, atol=1e-12)
        assert not found.outputs["y"][length:, b].any()
        assert torch.allclose(found.final["c"][b], alone.final["c"][0], rtol=0, atol=1e-12)
        one = torch.autograd.grad(
            y.sin().sum() + alone.final["c"].cos().sum(),
            [x, start["h"], start["c"], *own.values()],
            allow_unused=True,
        )
        for got, want in zip(together[:3], one[:3], strict=True):
            rest = torch.zeros_like(got) if want is None else want
            at = (slice(None), b) if got.dim() == 3 else b
            assert torch.allclose(got[at], rest[at], rtol=0, atol=1e-12)
        for total, want in zip(summed, one[3:], strict=True):
            total += 0 if want is None else want
    for got, want in zip(together[3:], summed, strict=True):
        assert torch.allclose(got, want, rtol=0, atol=1e-11)


def test_a_reset_cuts_the_state_and_the_gradient_there():
    own = weights()
    x, start = batch(6, 2)
    reset = np.zeros((6, 2), dtype=bool)
    reset[3, 1] = True
    found = LLVM(STEP)(Arguments({"x": x}, start, own, rows=table([6, 6], reset=reset)))
    (gx,) = torch.autograd.grad(found.outputs["y"][3:, 1].sum(), [x], retain_graph=True)
    assert not gx[:3].any()
    zero = {n: torch.zeros(1, H).double() for n in start}
    after = compile(STEP, "eager")(Arguments({"x": x[3:, 1:]}, zero, own))
    assert torch.allclose(found.outputs["y"][3:, 1:], after.outputs["y"], rtol=0, atol=1e-12)
    (want,) = torch.autograd.grad(after.outputs["y"].sum(), [x])
    assert torch.allclose(gx, want, rtol=0, atol=1e-12)
    first = compile(STEP, "eager")(
        Arguments({"x": x[:, :1]}, {n: s[:1] for n, s in start.items()}, own)
    )
    assert torch.allclose(found.outputs["y"][:, :1], first.outputs["y"], rtol=0, atol=1e-12)
    (gh,) = torch.autograd.grad(found.outputs["y"][3:, 1].sum(), [start["h"]])
    assert not gh.any()


def test_a_reset_before_the_first_step_ignores_the_state_that_came():
    own = weights()
    x, start = batch(3, 1)
    reset = np.array([[True], [False], [False]])
    found = LLVM(STEP)(Arguments({"x": x}, start, own, rows=table([3], reset=reset)))
    zero = {n: torch.zeros(1, H).double() for n in start}
    want = compile(STEP, "eager")(Arguments({"x": x}, zero, own))
    assert torch.allclose(found.outputs["y"], want.outputs["y"], rtol=0, atol=1e-12)
    (gh,) = torch.autograd.grad(found.outputs["y"].sum(), [start["h"]])
    assert not gh.any()


def test_any_strides_will_do():
    own = weights()
    x, start = batch(6, 4)
    want = LLVM(STEP)(Arguments({"x": x}, start, own)).outputs["y"]
    first = x.detach().transpose(0, 1).contiguous().transpose(0, 1)  # batch first in memory
    inner = x.detach().permute(2, 0, 1).contiguous().permute(1, 2, 0)  # features apart
    for other in (first, inner):
        assert torch.equal(LLVM(STEP)(Arguments({"x": other}, start, own)).outputs["y"], want)


def test_lengths_that_cannot_be_are_named():
    with pytest.raises(ShapeError, match=r"lengths must lie between 0 and 3, but row 0 has 4"):
        table([4], 3)
    with pytest.raises(ShapeError, match=r"reset must have shape \(3, 1\), got \(2, 1\)"):
        table([3], reset=np.zeros((2, 1), dtype=bool))
    assert full(3, 2).whole


def test_tensors_that_disagree_are_named():
    own = {name: w.detach() for name, w in weights().items()}
    x, start = batch(2, 2)
    given = {"x": x, **start, **own}
    with pytest.raises(ShapeError, match="'b_f' has size 4 where 'h' makes H = 5"):
        sizes_of(STEP, {**given, "b_f": torch.zeros(4).double()})
    with pytest.raises(ShapeError, match="all tensors must have one type"):
        common_dtype("lstm", {**given, "x": x.float()})


def test_a_mask_has_the_same_bits_everywhere():
    x, h = step_input("x", "H"), state("h", "H")
    value = x * mask(0.4, 3, "H") + 0.5 * h
    outputs = (Output("y", "output", value), Output("h", "next", value))
    step = Step("masked", (x,), (), (h,), (), outputs)
    numbers = torch.randn(9, 6, 37).double()
    arguments = Arguments(
        {"x": numbers}, {"h": torch.zeros(6, 37).double()}, {}, seed=2**40 + 7, layer=2
    )
    ours, theirs = LLVM(step)(arguments), compile(step, "eager")(arguments)
    assert torch.equal(ours.outputs["y"], theirs.outputs["y"])
    stream = counter.Stream(2**40 + 7, 2, 0, np.arange(6)[None, :], np.arange(9)[:, None])
    kept = stream.mask(0.4, 3, 37)
    assert np.array_equal(ours.outputs["y"][0].numpy(), numbers[0].numpy() * kept[0])
    other = LLVM(step)(replace(arguments, seed=8))
    assert not torch.equal(ours.outputs["y"], other.outputs["y"])
    assert random.mask and run.CHUNK_ITEMS and kernel.LLVM and pool.threads() >= 1
