"""Several weight sets in one call."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.errors import ShapeError
from elman.kernels import Arguments, Demand, Sequences, Variant, run
from elman.kernels.members import each

VARIANT = Variant(cells.get("gru"))
SIZES = {"D": 3, "H": 5}


def arguments(members: int, rows: int, steps: int = 4, **more: int) -> Arguments:
    torch.manual_seed(1)
    weights = {
        leaf.name: torch.randn(members, *(SIZES[s] for s in leaf.shape)).double().requires_grad_()
        for leaf in VARIANT.step.parameters
    }
    x = torch.randn(steps, members, rows, 3).double().requires_grad_()
    h = torch.randn(members, rows, 5).double().requires_grad_()
    return Arguments({"x": x}, {"h": h}, weights, members=members, **more)


def gradients(given: Arguments, demand: Demand) -> list[torch.Tensor]:
    results = run(VARIANT, given, demand)
    outputs = [results.outputs["y"], results.final["h"]]
    loss = sum((out * torch.linspace(1, 2, out.numel()).view_as(out)).sum() for out in outputs)
    return [*outputs, *torch.autograd.grad(loss, list(given.all().values()))]


@pytest.mark.parametrize("target", ["llvm", "eager"])
@pytest.mark.parametrize("members", [1, 2, 3, 9])
@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("rows", [1, 7])
def test_members_are_what_they_are_alone(target, members, direction, rows):
    demand = Demand(Sequences(4, rows), target)
    given = arguments(members, rows, direction=direction)
    y, h, to_x, to_h, *to_weights = gradients(given, demand)
    alone = [run(VARIANT, given.member(m), demand) for m in range(members)]
    assert all(torch.equal(y[:, m], one.outputs["y"]) for m, one in enumerate(alone))
    assert all(torch.equal(h[m], one.final["h"]) for m, one in enumerate(alone))
    loss = sum(
        (out * torch.linspace(1, 2, out.numel()).view_as(out)).sum()
        for out in (
            torch.stack([one.outputs["y"] for one in alone], 1),
            torch.stack([one.final["h"] for one in alone]),
        )
    )
    found = torch.autograd.grad(loss, list(given.all().values()))
    assert all(map(torch.equal, found, [to_x, to_h, *to_weights]))


def test_the_same_bits_for_any_number_of_threads():
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            found.append(gradients(arguments(5, 30, 20), Demand(Sequences(20, 30))))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(map(torch.equal, found[0], other))


def test_an_input_that_all_members_share_is_not_copied_and_gets_the_sum_of_gradients():
    given = arguments(3, 2)
    x = torch.randn(4, 2, 3).double().requires_grad_()
    shared = given.having({**given.all(), "x": x[:, None].expand(-1, 3, -1, -1)})
    y = run(VARIANT, shared, Demand(Sequences(4, 2))).outputs["y"]
    (found,) = torch.autograd.grad(y.sum(), x)
    copied = given.having({**given.all(), "x": x[:, None].repeat(1, 3, 1, 1)})
    z = run(VARIANT, copied, Demand(Sequences(4, 2))).outputs["y"]
    assert torch.equal(y, z)
    torch.testing.assert_close(found, torch.autograd.grad(z.sum(), x)[0], rtol=0, atol=1e-14)


def test_second_derivatives_go_through_the_eager_target():
    given = arguments(2, 2)

    def squared(target: str) -> torch.Tensor:
        y = run(VARIANT, given, Demand(Sequences(4, 2), target)).outputs["y"]
        weights = list(given.parameters.values())
        first = torch.autograd.grad((y**2).sum(), weights, create_graph=True)
        return torch.autograd.grad(sum((g**2).sum() for g in first), weights[0])[0]

    torch.testing.assert_close(squared("llvm"), squared("eager"), rtol=0, atol=1e-11)


def test_no_steps_and_no_rows():
    for steps, rows in ((0, 2), (4, 0)):
        given = arguments(2, rows, steps)
        results = run(VARIANT, given, Demand(Sequences(steps, rows)))
        assert results.outputs["y"].shape == (steps, 2, rows, 5)
        assert torch.equal(results.final["h"], given.states["h"])


def test_members_that_do_not_fit_are_named():
    given = arguments(2, 3)
    wrong = given.having({**given.all(), "U_r": torch.randn(3, 5, 5).double()})
    with pytest.raises(ShapeError, match="'U_r' holds 3 members, not 2"):
        run(VARIANT, wrong, Demand(Sequences(4, 3)))


def test_one_after_the_other_is_the_same_too():
    given, demand = arguments(2, 3), Demand(Sequences(4, 3))
    at_once = run(VARIANT, given, demand)
    by_turns = each(lambda one, _: run(VARIANT, one, demand), given)
    assert torch.equal(at_once.outputs["y"], by_turns.outputs["y"])
