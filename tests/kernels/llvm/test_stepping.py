"""A step with nothing left to find out: the same bits from call to call, in any company."""

from __future__ import annotations

import torch

from elman import cells
from elman.kernels import Arguments
from elman.kernels.llvm import LLVM, pool
from elman.kernels.llvm.bind import forward

KERNEL = LLVM(cells.get("lstm").step)


def arguments(rows: int, units: int) -> Arguments:
    torch.manual_seed(0)
    sizes = {"D": units, "H": units}
    weights = {
        p.name: torch.randn([sizes[s] for s in p.shape]) / units**0.5
        for p in KERNEL.step.parameters
    }
    states = {name: torch.randn(rows, units) for name in "hc"}
    return Arguments({"x": torch.randn(1, rows, units)}, states, weights)


def stepped(stepping, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> list[torch.Tensor]:
    made = [torch.empty_like(h), torch.empty_like(c)]
    stepping([tensor.data_ptr() for tensor in (x, h, c, *made)])
    return made


def test_a_step_is_a_call_of_one_step():
    for rows, units in ((1, 7), (300, 64)):  # the second is worth two threads
        given = arguments(rows, units)
        stepping = KERNEL.stepping(given, training=False, still=True)
        assert stepping.made == ("y", "c'")
        h, c = given.states.values()
        for _ in range(3):
            x = torch.randn(1, rows, units)
            again = Arguments({"x": x}, {"h": h, "c": c}, given.parameters)
            _, want, _ = forward(KERNEL, again, False)
            h, c = stepped(stepping, x, h, c)
            assert torch.equal(h, want["y"][0]) and torch.equal(c, want["c'"][0])


def test_a_step_asks_for_no_more_threads_than_there_are(monkeypatch):
    given, asked = arguments(300, 64), []
    real = pool.Entry.__call__
    monkeypatch.setattr(pool.Entry, "__call__", lambda *a: (asked.append(a[2]), real(*a)))
    before = torch.get_num_threads()
    tensors = [given.inputs["x"], *given.states.values()]
    try:
        torch.set_num_threads(2)
        stepping = KERNEL.stepping(given, training=False, still=True)
        two = stepped(stepping, *tensors)
        torch.set_num_threads(1)
        one = stepped(stepping, *tensors)
    finally:
        torch.set_num_threads(before)
    assert asked == [2, 1] and all(map(torch.equal, one, two))


def test_matrices_are_laid_out_at_the_first_step():
    given = arguments(2, 9)
    stepping = KERNEL.stepping(given, training=False, still=True)
    tensors = [given.inputs["x"], *given.states.values()]
    first = stepped(stepping, *tensors)
    given.parameters["U_i"].zero_()
    assert all(map(torch.equal, stepped(stepping, *tensors), first))
    given.parameters["b_i"].add_(1)  # what is no matrix is read where it lies
    assert not torch.equal(stepped(stepping, *tensors)[1], first[1])


def test_the_way_back_of_a_step_is_that_of_a_call_of_one_step():
    given = arguments(2, 7)
    stepping = KERNEL.stepping(given, training=True, still=False)
    tensors = [given.inputs["x"], *given.states.values()]
    made = [torch.empty(2, units) for units in stepping.units]
    stepping([tensor.data_ptr() for tensor in (*tensors, *made)])
    back = stepping.back({"y", "c"}, {"x", "U_f"})
    assert back.arriving == ("y", "c") and set(back.found) == {"x", "U_f", "h", "c"}
    arrive = [torch.randn(2, 7), torch.randn(2, 7)]
    shapes = {"x": (2, 7), "U_f": (7, 7), "h": (2, 7), "c": (2, 7)}
    found = {name: torch.zeros(shapes[name]) for name in back.found}
    back([tensor.data_ptr() for tensor in (*tensors, *made, *arrive, *found.values())])
    wanted = {"x": given.inputs["x"], "U_f": given.parameters["U_f"], **given.states}
    for tensor in wanted.values():
        tensor.requires_grad_()
    results = KERNEL(given)
    total = (results.outputs["y"] * arrive[0]).sum() + (results.final["c"] * arrive[1]).sum()
    for name, want in zip(wanted, torch.autograd.grad(total, list(wanted.values())), strict=True):
        assert torch.allclose(found[name], want.reshape(shapes[name]), atol=1e-6)


def test_matrices_are_laid_out_anew_at_every_step_in_training():
    given = arguments(2, 9)
    stepping = KERNEL.stepping(given, training=True, still=False)
    tensors = [given.inputs["x"], *given.states.values()]
    made = [torch.empty(2, units) for units in stepping.units]
    first = None
    for _ in range(2):
        stepping([tensor.data_ptr() for tensor in (*tensors, *made)])
        assert first is None or not torch.equal(first, made[0])
        first = made[0].clone()
        given.parameters["U_i"].zero_()
