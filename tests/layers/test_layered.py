"""What nets of one set of weights and of many have in common."""

from __future__ import annotations

import pytest
import torch

from elman import Ensemble, Recurrent
from elman.errors import ConfigError, ShapeError
from elman.layers.layered import Layered, by_layer

OPTIONS = {
    "dropout": 0.25, "bidirectional": True, "input_dropout": 0.1, "state_dropout": 0.2,
    "zoneout": {"h": 0.5}, "learn_start": True, "target": "eager", "dtype": torch.float64,
}  # fmt: skip


def test_options_make_another_net_like_it():
    net = Recurrent("gru", 3, 5, 2, **OPTIONS)
    other = Recurrent("gru", 3, 5, 2, **net.options())
    assert repr(other) == repr(net)
    assert {n: (p.shape, p.dtype) for n, p in other.named_parameters()} == {
        n: (p.shape, p.dtype) for n, p in net.named_parameters()
    }
    assert {name: net.options()[name] for name in OPTIONS} == OPTIONS


@pytest.mark.parametrize(
    ("net", "lead", "axes"),
    [
        (Recurrent("lstm", 3, 4, 2), (2,), "layers, rows, units"),
        (Ensemble("lstm", 3, 3, 4, 2), (2, 3), "layers, members, rows, units"),
    ],
)
def test_states_are_looked_at_alike(net: Layered, lead, axes):
    h, c = net.zero_state(5)
    assert h.shape == c.shape == (*lead, 5, 4)
    assert len(by_layer(net.parts((h, c), 5))) == 2
    with pytest.raises(ShapeError) as error:
        net.parts((h, c[..., :3]), 5)
    wanted, found = (*lead, 5, 4), (*lead, 5, 3)
    assert str(error.value) == f"state 'c' must have shape {wanted} ({axes}), not {found}"
    with pytest.raises(ConfigError, match="return_states must be 'last' or 'all', not 'none'"):
        net.check_wish("none")
    with pytest.raises(ShapeError, match="a step reads shape"):
        net.check_step(torch.zeros(3))
