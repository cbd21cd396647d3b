"""Nets side by side: each learns as it would alone, and a broken one disturbs no other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import cells
from elman.equations import Cell
from elman.search.exercises import get
from elman.search.nets import Adam, Nets, accuracy, data, train
from elman.search.plan import Budget
from elman.search.settings import Setting

SETTINGS = [Setting(1.0, 0.01, 1.0), Setting(2.0, 0.02, 5.0), Setting(0.3, 0.005, 20.0)]
BUDGET = Budget(12, 8, 2_000)


def made(settings=SETTINGS, cell="gru_before", name="memorization", budget=BUDGET):
    torch.manual_seed(0)
    nets = Nets(cells.get(cell) if isinstance(cell, str) else cell, get(name), settings, budget)
    return nets, Adam(nets, settings)


def trained(nets, optimizer, name="memorization", budget=BUDGET, **more):
    examples = data(name, 0, 64, False)
    for _ in train(nets, optimizer, examples, budget, np.random.default_rng(1), **more):
        pass
    return [parameter.detach().clone() for parameter in nets.parameters()]


def alone(member, settings=SETTINGS):
    """The same member in an ensemble of one."""
    whole, _ = made(settings)
    nets, _ = made([settings[member]])
    with torch.no_grad():
        for own, every in zip(nets.parameters(), whole.parameters(), strict=True):
            own.copy_(every[member : member + 1])
    return nets, Adam(nets, [settings[member]])


@pytest.mark.parametrize("member", range(3))
def test_a_member_learns_as_it_would_alone(member):
    together = trained(*made())
    for one, every in zip(trained(*alone(member)), together, strict=True):
        torch.testing.assert_close(one[0], every[member], rtol=1e-4, atol=1e-6)


def test_updates_are_those_of_torchs_adam_with_clipping():
    nets, optimizer = made([SETTINGS[1]])
    twin, _ = made([SETTINGS[1]])
    twin.load_state_dict(nets.state_dict())
    theirs = torch.optim.Adam(twin.parameters(), lr=0.02, betas=(0.9, 0.99), eps=1e-8)
    for step in range(3):
        torch.manual_seed(step)
        noise = [torch.randn_like(parameter) for parameter in nets.parameters()]
        for net in (nets, twin):
            loss = sum((p * n).sum() for p, n in zip(net.parameters(), noise, strict=True))
            if net is nets:
                optimizer.step(loss, 1.0)
            else:
                theirs.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
                theirs.step()
    for own, other in zip(nets.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)


def test_a_member_that_overflows_stands_still_and_the_others_go_on():
    nets, optimizer = made()
    with torch.no_grad():
        nets.leave[1] = float("inf")
    before = [parameter.detach().clone() for parameter in nets.parameters()]
    after = trained(nets, optimizer)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(old[1], new[1])
        assert new[0].isfinite().all()
    assert not torch.equal(before[0][0], after[0][0])
    shares = accuracy(nets, data("memorization", 0, 64, True))
    assert shares[1] == 0.0


def test_declared_starts_are_kept_and_other_biases_start_at_zero():
    nets, _ = made(cell="lstm")
    layer = nets.layer.stack[0]
    assert (layer.b_f == 1).all()
    assert (layer.b_i == 0).all()
    bound = 1 / nets.units**0.5
    for member, setting in enumerate(SETTINGS):
        largest = layer.U_i[member].abs().max().item()
        assert 0.8 * setting.scale * bound < largest <= setting.scale * bound * 1.0001


def test_those_that_are_kept_go_on_as_if_nothing_had_happened():
    whole = trained(*made())
    nets, optimizer = made()
    examples, random = data("memorization", 0, 64, False), np.random.default_rng(1)
    for _ in train(nets, optimizer, examples, BUDGET, random, until=5):
        pass
    chosen = [2, 0]
    rest, after = nets.kept(chosen, [SETTINGS[i] for i in chosen], BUDGET, optimizer)
    for _ in train(rest, after, examples, BUDGET, random, begun=5):
        pass
    for own, every in zip(rest.parameters(), whole, strict=True):
        torch.testing.assert_close(own.detach(), every[chosen], rtol=1e-4, atol=1e-6)


def test_an_exercise_in_numbers_is_learned_too():
    budget = Budget(150, 32, 2_000)
    nets, optimizer = made([Setting(1.0, 0.01, 1.0)], name="adding", budget=budget)
    before = accuracy(nets, data("adding", 0, 256, True))[0]
    for _ in train(
        nets, optimizer, data("adding", 0, 512, False), budget, np.random.default_rng(0)
    ):
        pass
    assert accuracy(nets, data("adding", 0, 256, True))[0] > before


def test_a_cell_without_parameters_is_trained_around():
    nets, optimizer = made(cell=Cell("h' = tanh(x + h)"))
    trained(nets, optimizer)
    assert nets.layer.stack[0].weights() == {}


def test_accuracy_is_the_share_of_right_answers():
    nets, _ = made()
    held_out = data("memorization", 0, 32, True)
    places = held_out.counted.reshape(-1).nonzero()[:, 0]
    with torch.no_grad():
        scores = nets(held_out.inputs, places)
    wanted = held_out.targets.reshape(-1)[places]
    for member, share in enumerate(accuracy(nets, held_out)):
        right = sum(
            int(row.argmax() == target) for row, target in zip(scores[member], wanted, strict=True)
        )
        assert share == pytest.approx(right / len(wanted))
