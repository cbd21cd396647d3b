"""What is written by hand says what the equations of the shelf say."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.bench.rivals import IDENTITY, RIVALS, ZEROS
from elman.bench.rivals.gru import gru
from elman.bench.rivals.lstm import lstm
from elman.bench.rivals.lstm_layernorm import lstm_layernorm
from elman.bench.rivals.lstm_peephole import lstm_peephole
from elman.bench.rivals.mgu import mgu
from elman.bench.rivals.mut1 import mut1
from elman.bench.rivals.rival import Rival
from elman.bench.rivals.rnn import rnn
from elman.layers import Recurrent

EVERY = {
    "rnn": rnn, "gru": gru, "lstm": lstm, "mut1": mut1, "mgu": mgu,
    "lstm_peephole": lstm_peephole, "lstm_layernorm": lstm_layernorm,
}  # fmt: skip


def test_all_of_them_are_on_the_list():
    assert RIVALS == EVERY


@pytest.mark.parametrize("name", EVERY)
def test_a_step_as_written_is_the_step_of_the_equations(name):
    rival: Rival = EVERY[name]
    layer = Recurrent(name, 6, 6, dtype=torch.float64, target="eager")
    parameters = {key: torch.randn_like(value) for key, value in layer.stack[0].weights().items()}
    layer.stack[0].load_state_dict(parameters)
    x = torch.randn(3, 2, 6, dtype=torch.float64)

    states = (x.new_zeros(2, 6),) * rival.states
    for step in x:
        states = rival.plain(step, states, parameters)
    torch.testing.assert_close(states[0], layer(x)[0][-1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_packed_arrays_and_offered_layers_hold_every_parameter_once(name):
    rival: Rival = EVERY[name]
    offers = [one.holds for one in (rival.torch, rival.torchrecurrent) if one is not None]
    for holds in (rival.packed, *offers):
        parts = [part for parts in holds.values() for part in parts]
        assert sorted(p for p in parts if p not in (ZEROS, IDENTITY)) == sorted(
            cells.get(name).parameters
        )
