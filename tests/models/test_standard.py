"""What a frozen network saw, brought to one size."""

import numpy as np
import pytest
import torch

from elman.models.standard import Standard


def test_each_number_has_mean_0_and_deviation_1_after_it():
    torch.manual_seed(0)
    x = torch.randn(40, 7, 3) * torch.tensor([5.0, 0.1, 2.0]) + torch.tensor([9.0, -1.0, 0.0])
    standard = Standard(3)
    assert torch.equal(standard(x), x)
    standard.fit(x)
    y = standard(x).reshape(-1, 3).numpy().astype(np.float64)
    assert y.mean(0) == pytest.approx(np.zeros(3), abs=1e-4)
    assert y.std(0) == pytest.approx(np.ones(3), rel=0.02)


def test_a_number_that_never_changes_is_not_blown_up():
    standard = Standard(1)
    standard.fit(torch.full((5, 1), 3.0))
    assert float(standard(torch.tensor([[3.0001]]))) == pytest.approx(0.1, rel=0.05)


def test_it_is_kept_with_the_weights():
    one, other = Standard(2), Standard(2)
    one.fit(torch.randn(9, 2))
    other.load_state_dict(one.state_dict())
    x = torch.randn(4, 2)
    assert torch.equal(one(x), other(x))
