"""Muon: what it makes of a matrix, against singular values; its memory; what it leaves alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman.models import LanguageModel
from elman.training import TrainingConfig
from elman.training import muon as muon_module
from elman.training.muon import Muon, orthogonal
from elman.training.updates import Updates


@pytest.mark.parametrize("shape", [(3, 40, 40), (2, 40, 12), (2, 12, 40), (1, 1, 7), (4, 1, 1)])
def test_singular_values_come_near_one_and_singular_vectors_stay(shape):
    torch.manual_seed(0)
    matrices = torch.randn(shape)
    made = orthogonal(matrices)
    u, s, v = torch.linalg.svd(matrices, full_matrices=False)
    turned = u.mT @ made @ v.mT
    values = turned.diagonal(dim1=1, dim2=2)
    large = s > 0.003 * matrices.flatten(1).norm(dim=1)[:, None]
    assert made.shape == matrices.shape
    assert values[large].min() > 0.79 and values.max() < 1.21
    torch.testing.assert_close(turned, torch.diag_embed(values), rtol=0, atol=2e-3)


def test_a_matrix_of_zeros_stays_one():
    assert not orthogonal(torch.zeros(2, 5, 3)).any()


@pytest.mark.parametrize("beta", [0.9, 0.6])
def test_torchs_own_makes_the_same_update(monkeypatch, beta):
    monkeypatch.setattr(muon_module, "ITERATIONS", ((3.4445, -4.7750, 2.0315),) * 5)  # theirs
    theirs = pytest.importorskip("torch.optim._muon", reason="this PyTorch has no Muon").Muon
    torch.manual_seed(1)
    start, gradients = torch.randn(24, 16), torch.randn(3, 24, 16)
    ours, other = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    muon = Muon({"w": ours}, weight_decay=0.1, beta=beta)
    rival = theirs(
        [other], lr=0.02, weight_decay=0.1, momentum=beta, adjust_lr_fn="match_rms_adamw"
    )
    for gradient in gradients:
        ours.grad, other.grad = gradient.clone(), gradient.clone()
        muon.step(0.02)
        rival.step()
    moved = (other - start).norm()
    assert (ours - other).norm() < 0.02 * moved  # theirs iterates in bfloat16


def test_only_matrices_of_recurrent_layers_go_to_it():
    net = LanguageModel("lstm", 5, 4, layers=2, embedding=3)
    muon = Updates(net, TrainingConfig(lr=0.1, steps=1, optimizer="muon")).muon
    assert set(muon.momentum) == {
        f"recurrent.layers.{layer}.{kind}_{gate}"
        for layer in (0, 1)
        for kind in "WU"
        for gate in "ifgo"
    }
    assert not Updates(net, TrainingConfig(lr=0.1, steps=1)).muon.momentum


def test_its_matrices_have_a_rate_of_their_own_and_the_mean_gradient_of_the_configuration():
    def changed(**settings: float) -> tuple[dict[str, torch.Tensor], set[str]]:
        torch.manual_seed(0)
        net = LanguageModel("lstm", 5, 4, embedding=3)
        before = {name: p.detach().clone() for name, p in net.named_parameters()}
        config = TrainingConfig(lr=0.01, steps=1, optimizer="muon", **settings)
        updates = Updates(net, config)
        for value in (1.0, -0.5):
            for parameter in net.parameters():
                parameter.grad = torch.linspace(-1.0, value, parameter.numel()).view_as(parameter)
            updates.apply(0.5)
        moved = {n: p.detach() - before[n] for n, p in net.named_parameters()}
        return moved, set(updates.muon.momentum)

    once, hidden = changed()
    thrice, _ = changed(muon_rate=3.0)
    sooner, _ = changed(beta1=0.5)

    for name, moved in once.items():
        torch.testing.assert_close(thrice[name], moved * (3.0 if name in hidden else 1.0))
        assert not torch.allclose(sooner[name], moved, rtol=1e-3)


def test_parameters_without_a_gradient_stay():
    matrix = nn.Parameter(torch.ones(3, 3))
    Muon({"w": matrix}).step(0.1)
    assert torch.equal(matrix, torch.ones(3, 3))


def test_a_restored_memory_goes_on_with_the_same_bits():
    def step(net: LanguageModel, updates: Updates, value: float) -> None:
        for parameter in net.parameters():
            parameter.grad = torch.full_like(parameter, value)
        updates.apply(0.5)

    config = TrainingConfig(lr=0.1, steps=1, optimizer="muon")
    torch.manual_seed(0)
    one, two = (LanguageModel("gru", 5, 4, embedding=3) for _ in range(2))
    first, second = Updates(one, config), Updates(two, config)
    step(one, first, 0.3)
    two.load_state_dict(one.state_dict())
    second.restore({name: array.copy() for name, array in first.arrays().items()})
    for net, updates in ((one, first), (two, second)):
        step(net, updates, -0.2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
