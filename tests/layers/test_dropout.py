"""Dropout leaves out the share it is told, keeps the mean, and passes the same gradient."""

import pytest
import torch

from elman.layers.dropout import dropout


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("size", [(40_003,), (100, 7, 333)])
def test_the_share_left_out_is_the_share_asked_for(share, size):
    values = torch.full(size, 3.0)
    dropped = dropout(values, share, training=True)
    count, spread = values.numel(), (share * (1 - share) / values.numel()) ** 0.5
    assert abs((dropped == 0).sum().item() / count - share) < 5 * spread
    assert torch.allclose(dropped[dropped != 0], torch.tensor(3 / (1 - share)), rtol=1e-4)


def test_neighbours_are_left_out_independently():
    # Four units share a draw of 64 bits: their fates must not hang together, nor any have its own.
    kept = (dropout(torch.ones(400_000), 0.5, training=True) > 0).double().view(-1, 4)
    assert torch.allclose(kept.mean(0), torch.tensor(0.5).double(), atol=0.01)
    assert torch.allclose(torch.corrcoef(kept.T), torch.eye(4).double(), atol=0.02)


def test_the_gradient_goes_where_the_value_went():
    values = torch.randn(1001, requires_grad=True)
    dropped = dropout(values, 0.3, training=True)
    dropped.sum().backward()
    assert values.grad is not None
    assert torch.allclose(values.grad * values.detach(), dropped.detach())


def test_nothing_happens_outside_training_or_without_a_share():
    values = torch.randn(5, 4)
    assert dropout(values, 0.5, training=False) is values
    assert dropout(values, 0.0, training=True) is values


def test_the_same_seed_drops_the_same():
    values = torch.randn(50, 41)
    torch.manual_seed(3)
    first = dropout(values, 0.5, training=True)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(values, 0.5, training=True))
