"""Every cell of the shelf learns: one step of an optimizer, the same on both targets."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.layers import Recurrent

STEPS, ROWS, UNITS, INPUTS = 6, 4, 8, 5


def learned(name: str, target: str) -> tuple[float, float, dict[str, torch.Tensor]]:
    """The loss before a step and after it, and the parameters then."""
    torch.manual_seed(3)
    cell = cells.get(name)
    width = UNITS if cell.step.requires else INPUTS
    sizes = {size: 3 for size in cell.step.sizes() if size not in "DH"}
    layer = Recurrent(cell, width, UNITS, sizes=sizes, target=target, dtype=torch.float64)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.02)
    x = torch.randn(STEPS, ROWS, width, dtype=torch.float64)
    wanted = torch.randn(STEPS, ROWS, layer.output_size, dtype=torch.float64)

    def loss() -> torch.Tensor:
        return (layer(x)[0] - wanted).square().mean()

    before = loss()
    before.backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
    optimizer.step()
    return before.item(), loss().item(), dict(layer.named_parameters())


@pytest.mark.parametrize("name", cells.names())
def test_a_cell_of_the_shelf_learns_the_same_on_both_targets(name):
    compiled, plain = learned(name, "llvm"), learned(name, "eager")

    assert compiled[1] < compiled[0]
    assert compiled[:2] == pytest.approx(plain[:2], rel=1e-12)
    for parameter, value in compiled[2].items():
        torch.testing.assert_close(value, plain[2][parameter], rtol=1e-11, atol=1e-13)
