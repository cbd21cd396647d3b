"""Updates: the schedule's shape, clipping, decay, what is not finite, an exact memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from elman.models import LanguageModel
from elman.training import TrainingConfig
from elman.training.config import OPTIMIZERS
from elman.training.updates import Updates, learning_rate

CONFIG = TrainingConfig(lr=0.1, steps=10, warmup=0.2, weight_decay=0.5)


def model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel("rnn", 5, 4, embedding=3)


def fill(net: torch.nn.Module, value: float) -> None:
    for parameter in net.parameters():
        parameter.grad = torch.full_like(parameter, value)


def test_the_rate_rises_straight_and_falls_along_a_cosine():
    assert [learning_rate(CONFIG, p) for p in (0.1, 0.2, 0.6, 1.0)] == pytest.approx(
        [0.05, 0.1, 0.05, 0.0]
    )
    assert 0 < learning_rate(CONFIG, 0.0) < 0.01


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_norm_is_that_of_all_gradients_before_clipping_and_none_is_left(optimizer):
    net = model()
    size = sum(p.numel() for p in net.parameters())
    fill(net, 3.0)

    assert Updates(net, replace(CONFIG, optimizer=optimizer)).apply(0.5) == pytest.approx(
        3 * size**0.5
    )
    assert all(p.grad is None for p in net.parameters())


def test_the_norm_of_each_gradient_is_remembered_as_it_was_before_clipping():
    net = model()
    fill(net, 3.0)
    updates = Updates(net, CONFIG)
    updates.apply(0.5)
    for name, parameter in net.named_parameters():
        assert float(updates.norms[name]) == pytest.approx(3 * parameter.numel() ** 0.5)


def test_updates_are_those_of_torch_with_clipping_and_decay_of_matrices():
    ours, theirs = model(), model()
    updates = Updates(ours, CONFIG)
    for value in (3.0, -1e-3, 0.5):
        fill(ours, value)
        updates.apply(0.5)
    matrices = [p for n, p in theirs.named_parameters() if p.dim() > 1 and "embedding" not in n]
    rest = [p for n, p in theirs.named_parameters() if p.dim() < 2 or "embedding" in n]
    adam = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.5}, {"params": rest, "weight_decay": 0.0}],
        lr=learning_rate(CONFIG, 0.5),
        betas=(CONFIG.beta1, CONFIG.beta2),
    )
    for value in (3.0, -1e-3, 0.5):
        fill(theirs, value)
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), CONFIG.clip)
        adam.step()

    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_changes_nothing(value):
    net = model()
    before = [p.detach().clone() for p in net.parameters()]
    fill(net, value)

    norm = Updates(net, CONFIG).apply(0.5)
    assert norm != norm or norm == float("inf")
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_a_restored_memory_goes_on_with_the_same_bits():
    one, two = model(), model()
    first = Updates(one, CONFIG)
    fill(one, 0.3)
    first.apply(0.5)
    two.load_state_dict(one.state_dict())
    second = Updates(two, CONFIG)
    second.restore({name: array.copy() for name, array in first.arrays().items()})
    for net, updates in ((one, first), (two, second)):
        fill(net, -0.2)
        updates.apply(0.6)

    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
