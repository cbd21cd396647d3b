"""Several weight sets in one call."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.errors import ShapeError
from elman.kernels import Arguments, compile
from elman.kernels.members import run_members

STEP = cells.get("gru").step
SIZES = {"D": 3, "H": 5}


def tensors(*lead: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {
        leaf.name: torch.randn(*lead, *(SIZES[s] for s in leaf.shape), dtype=torch.float64)
        for leaf in STEP.parameters
    }


@pytest.mark.parametrize("target", ["llvm", "eager"])
def test_members_are_what_they_are_alone(target):
    kernel = compile(STEP, target)
    weights = tensors(2)
    weights["W_r"] = weights["W_r"][0]  # shared
    weights = {name: w.requires_grad_() for name, w in weights.items()}
    x, h = torch.randn(4, 6, 3).double(), torch.randn(6, 5).double()
    both = run_members(kernel, Arguments({"x": x}, {"h": h}, weights), 2)
    gradients = torch.autograd.grad(both.outputs["y"].sum(), list(weights.values()))
    found = dict(zip(weights, gradients, strict=True))
    total = torch.zeros(5, 3).double()
    for member in range(2):
        rows = slice(3 * member, 3 * member + 3)
        own = {
            n: (w[member] if n != "W_r" else w).detach().requires_grad_()
            for n, w in weights.items()
        }
        alone = kernel(Arguments({"x": x[:, rows]}, {"h": h[rows]}, own))
        assert torch.equal(alone.outputs["y"], both.outputs["y"][:, rows])
        assert torch.equal(alone.final["h"], both.final["h"][rows])
        alone.outputs["y"].sum().backward()
        assert torch.equal(own["U_z"].grad, found["U_z"][member])
        total += own["W_r"].grad
    assert torch.allclose(total, found["W_r"], rtol=0, atol=1e-12)


def test_members_that_do_not_fit_are_named():
    kernel = compile(STEP)
    x, h = torch.zeros(4, 6, 3).double(), torch.zeros(6, 5).double()
    with pytest.raises(ShapeError, match="6 rows cannot be shared out among 4 members evenly"):
        run_members(kernel, Arguments({"x": x}, {"h": h}, tensors()), 4)
    with pytest.raises(ShapeError, match="holds 2 weight sets, not 3"):
        run_members(kernel, Arguments({"x": x}, {"h": h}, tensors(2)), 3)
