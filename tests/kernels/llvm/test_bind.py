"""What a call binds: only the gradients that are needed, and nothing twice."""

from __future__ import annotations

import pytest
import torch

from elman import Recurrent, cells
from elman.errors import ShapeError
from elman.kernels import Arguments
from elman.kernels.llvm import LLVM
from elman.kernels.llvm.bind import Gradients, Passed, backward, forward

KERNEL = LLVM(cells.get("lstm").step)


def arguments() -> Arguments:
    torch.manual_seed(0)
    sizes = {"D": 3, "H": 5}
    step = KERNEL.step
    weights = {p.name: torch.randn([sizes[s] for s in p.shape]) for p in step.parameters}
    return Arguments({"x": torch.randn(4, 2, 3)}, {n: torch.zeros(2, 5) for n in "hc"}, weights)


def test_only_training_keeps_what_the_way_back_needs():
    _, made, _ = forward(KERNEL, arguments(), False)
    _, kept, _ = forward(KERNEL, arguments(), True)
    assert set(made) == set(KERNEL.visible) < set(kept)
    assert all(torch.equal(made[name], kept[name]) for name in made)


def test_what_the_loop_reads_of_earlier_steps_is_there_without_a_way_back():
    # three chunks of steps; the norms of W x are computed for a whole chunk before the loop
    torch.manual_seed(0)
    layer = Recurrent("lstm_layernorm", 3, 5)
    x = torch.randn(70, 33, 3)
    with torch.no_grad():
        alone, _ = layer(x)
    assert torch.equal(layer(x)[0], alone)


def test_what_is_kept_is_written_once():
    stages = LLVM(cells.get("lstm_layernorm").step).forward_plan.region("before")
    for stored in ([node for node, _ in stage.stores] for stage in stages):
        assert len(stored) == len(set(stored))


def test_only_what_is_needed_is_found():
    given = arguments()
    _, made, _ = forward(KERNEL, given, True)
    arriving = Gradients({"h": None, "c": torch.ones(2, 5)}, {"y": torch.ones(4, 2, 5)})
    every = set(given.all())
    whole = backward(KERNEL, Passed(given, made), arriving, every)
    part = backward(KERNEL, Passed(given, made), arriving, {"x", "b_f"})
    assert set(whole) == every and set(part) == {"x", "b_f"}
    assert all(torch.equal(part[name], whole[name]) for name in part)


def test_saved_tensors_that_come_back_otherwise_are_looked_at_again():
    torch.manual_seed(0)
    layer = Recurrent("lstm", 3, 5, batch_first=True)
    x = torch.randn(2, 4, 3)
    wanted = torch.autograd.grad(layer(x)[0].sum(), list(layer.parameters()))

    def moved(tensor):  # the same numbers elsewhere, and the other way round in memory
        return tensor.t().contiguous().t() if tensor.dim() == 2 else tensor.clone()

    with torch.autograd.graph.saved_tensors_hooks(moved, lambda tensor: tensor):
        y = layer(x)[0].sum()
    found = torch.autograd.grad(y, list(layer.parameters()))
    assert all(map(torch.equal, found, wanted))


def test_a_weight_put_in_the_place_of_another_is_looked_at_again():
    layer = Recurrent("rnn", 4, 4)
    y = layer(torch.ones(3, 2, 4))[0].sum()
    layer.stack[0].W.data = torch.zeros(4, 4).t()[:2]
    with pytest.raises(ShapeError, match=r"'W' has size 2 where"):
        y.backward()


def test_any_name_of_an_equation_may_be_a_tensor_of_the_call():
    text = "param {0}\nh' = tanh(W x + U h) * {0}"
    found = []
    for name in ("zeros", "b"):
        torch.manual_seed(0)
        layer = Recurrent(text.format(name), 3, 5)
        y, last = layer(torch.randn(4, 2, 3))
        grads = torch.autograd.grad(last.sum(), list(layer.parameters()))
        found.append(sorted((y.sum().item(), *(g.sum().item() for g in grads))))
    assert found[0] == found[1]
