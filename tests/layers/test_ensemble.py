"""An ensemble is its members, each as it would be alone."""

from __future__ import annotations

import pytest
import torch

from elman import Ensemble, Recurrent, cells
from elman.errors import ConfigError, ShapeError


@pytest.mark.parametrize("target", ["auto", "eager"])
@pytest.mark.parametrize(
    "more",
    [{}, {"bidirectional": True}, {"learn_start": True}],
    ids=["plain", "bidirectional", "learned start"],
)
@pytest.mark.parametrize("cell", ["lstm", "gru", "lstm_layernorm"])
def test_members_train_as_they_would_alone(cell, more, target):
    torch.manual_seed(0)
    ensemble = Ensemble(cell, 3, 4, 5, 2, target=target, dtype=torch.float64, **more)

    def same(one, other):  # torch's own products depend on how their operands lie
        return torch.equal(one, other) if target == "auto" else (one - other).abs().max() < 1e-12

    alone = [ensemble.member(m) for m in range(3)]
    x, aim = torch.randn(6, 3, 2, 4).double(), torch.randn(6, 3, 2, ensemble.output_size).double()
    optimizer = torch.optim.Adam(ensemble.parameters(), 0.01)
    own = [torch.optim.Adam(net.parameters(), 0.01) for net in alone]
    for _ in range(3):
        y, _ = ensemble(x)
        optimizer.zero_grad()
        ((y - aim) ** 2).sum().backward()
        optimizer.step()
        for m, net in enumerate(alone):
            z, _ = net(x[:, m])
            assert same(z, y[:, m])
            own[m].zero_grad()
            ((z - aim[:, m]) ** 2).sum().backward()
            own[m].step()
    for m, net in enumerate(alone):
        found = ensemble.member(m).state_dict()
        assert all(same(found[name], value) for name, value in net.state_dict().items())


def test_members_start_unlike_and_are_joined_again():
    ensemble = Ensemble("gru", 4, 3, 5)
    weights = ensemble.layers[0].W_r
    assert weights.shape == (4, 5, 3) and len(torch.unique(weights)) == weights.numel()
    again = Ensemble.of([ensemble.member(m) for m in range(4)])
    assert again.state_dict().keys() == ensemble.state_dict().keys()
    pairs = zip(again.parameters(), ensemble.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("cell", cells.names())
def test_every_cell_of_the_shelf_has_ensembles(cell):
    known = cells.get(cell)
    more = {size: 3 for size in known.step.sizes() if size not in ("D", "H")}
    ensemble = Ensemble(cell, 2, 4, 4, sizes=more)
    x = torch.randn(3, 2, 4)
    y, state = ensemble(x)
    for m in range(2):
        z, after = ensemble.member(m)(x)
        assert torch.equal(z, y[:, m])
        assert all(torch.equal(a, b[:, m]) for a, b in zip(parts(after), parts(state), strict=True))


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def test_steps_give_what_the_sequence_gives_and_states_come_back():
    ensemble = Ensemble("lstm", 3, 4, 5)
    x = torch.randn(6, 3, 2, 4)
    y, (h, c) = ensemble(x)
    state = ensemble.zero_state(2)
    for t in range(6):
        z, state = ensemble.step(x[t], state)
        assert torch.equal(z, y[t])
    assert torch.equal(state[0], h) and torch.equal(state[1], c)
    every = ensemble(x, return_states="all")[1]
    assert every[1].shape == (1, 6, 3, 2, 5) and torch.equal(every[1][:, -1], c)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("start", [True, False])
def test_rows_of_uneven_length_and_resets_are_each_member_s_own(shared, start):
    torch.manual_seed(1)
    ensemble = Ensemble("lstm", 3, 4, 5, learn_start=start)
    x = torch.randn(6, 3, 2, 4)
    lengths = torch.tensor([6, 3]) if shared else torch.tensor([[6, 3], [0, 5], [2, 6]])
    reset = torch.rand(6, 2) < 0.3 if shared else torch.rand(6, 3, 2) < 0.3
    y, (h, c) = ensemble(x, lengths=lengths, reset=reset)
    for m in range(3):
        own = (lengths, reset) if shared else (lengths[m], reset[:, m])
        z, (after_h, after_c) = ensemble.member(m)(x[:, m], lengths=own[0], reset=own[1])
        assert torch.equal(z, y[:, m])
        assert torch.equal(after_h, h[:, m]) and torch.equal(after_c, c[:, m])
    y.sum().backward()
    assert ensemble.layers[0].U_f.grad.abs().sum() > 0


@pytest.mark.parametrize("noise", ["input_dropout", "state_dropout", "zoneout"])
def test_members_leave_out_units_of_their_own(noise):
    ensemble = Ensemble("gru", 2, 4, 64, **{noise: 0.5})
    for parameter in ensemble.parameters():
        parameter.data[1] = parameter.data[0]
    x = torch.randn(5, 3, 4)
    torch.manual_seed(3)
    first = ensemble(x)[0]
    torch.manual_seed(3)
    assert torch.equal(ensemble(x)[0], first) and not torch.equal(first[:, 0], first[:, 1])
    ensemble.eval()
    same = ensemble(x)[0]
    assert torch.equal(same[:, 0], same[:, 1])


def test_autocast_gives_half_precision():
    ensemble = Ensemble("gru", 2, 4, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y, _ = ensemble(torch.randn(5, 3, 4))
    assert y.dtype == torch.bfloat16


def test_what_does_not_fit_is_told():
    with pytest.raises(ConfigError, match="an ensemble has at least one member, not 0"):
        Ensemble("gru", 0, 3, 4)
    with pytest.raises(ConfigError, match="reads more than x"):
        Ensemble("input v\nh' = tanh(W x + U h + V v)", 2, 3, 4)
    ensemble = Ensemble("lstm", 2, 3, 4)
    message = (
        r"input must have shape \(steps, 2 members, rows, 3 features\) or, .*, not \(5, 3, 1, 3\)"
    )
    with pytest.raises(ShapeError, match=message):
        ensemble(torch.zeros(5, 3, 1, 3))
    with pytest.raises(ShapeError, match=r"state 'c' must have shape \(1, 2, 1, 4\)"):
        ensemble(torch.zeros(5, 2, 1, 3), (torch.zeros(1, 2, 1, 4), torch.zeros(2, 1, 4)))
    with pytest.raises(ShapeError, match=r"lstm has 2 states \(h, c\), but 1 tensor came"):
        ensemble(torch.zeros(5, 2, 1, 3), torch.zeros(1, 2, 1, 4))
    message = r"lengths must have shape \(2, 1\) or, the same for all members, \(1,\), not \(3,\)"
    with pytest.raises(ShapeError, match=message):
        ensemble(torch.zeros(5, 2, 1, 3), lengths=[1, 2, 3])
    with pytest.raises(ConfigError, match="there is no member 2: there are 2, from 0 on"):
        ensemble.member(2)
    with pytest.raises(ConfigError, match="members must be alike, but net 1 is"):
        Ensemble.of([Recurrent("gru", 3, 4), Recurrent("gru", 3, 5)])
    texts = ("h' = tanh(W x + U h)", "h' = tanh(W x - U h)")
    with pytest.raises(ConfigError, match="members must be alike, but net 1 is"):
        Ensemble.of([Recurrent(cells.get(text), 3, 4) for text in texts])
