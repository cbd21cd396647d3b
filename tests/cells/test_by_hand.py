"""Cells of the shelf against witnesses that know nothing of the language.

The plain ones are compared with their torch modules, all others with a step written by hand.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from by_hand import STEPS
from elman import cells
from elman.graph import over_time
from elman.layers import Recurrent
from zoo import case

SHAPE = (5, 3, 4, 6)  # T, B, D, H
TORCH = ("rnn", "rnn_relu", "gru", "lstm", "lstm_projected")


def test_every_cell_of_the_shelf_has_a_second_witness():
    assert {*STEPS, *TORCH} >= {*cells.names()}


@pytest.mark.parametrize("name", STEPS)
def test_a_cell_does_what_its_paper_says(name):
    of = case(cells.get(name), SHAPE)
    ran = over_time(of.cell.step, of.inputs, of.states, of.fixed, of.sizes)

    states = of.states
    for t, x in enumerate(of.inputs["x"]):
        y, states = STEPS[name](of.fixed, x, **states)
        assert states.keys() == of.states.keys()
        np.testing.assert_allclose(ran["y"][t], y, rtol=1e-11, atol=1e-13)
        for state, value in states.items():
            np.testing.assert_allclose(ran[f"{state}'"][t], value, rtol=1e-11, atol=1e-13)


def ours(name: str, **sizes: int) -> Recurrent:
    torch.manual_seed(1)
    return Recurrent(name, 4, 6, sizes=sizes, dtype=torch.float64)


def fill(theirs: nn.RNNBase, layer: Recurrent, gates: str) -> None:
    """Copy the parameters of `layer`: W_ and U_ of each gate below each other, one bias of two."""
    own = dict(layer.layers[0].named_parameters())
    suffixes = [f"_{gate}" for gate in gates] or [""]
    with torch.no_grad():
        for letter, name in (("W", "weight_ih_l0"), ("U", "weight_hh_l0"), ("b", "bias_ih_l0")):
            getattr(theirs, name).copy_(torch.cat([own[letter + s] for s in suffixes]))
        theirs.bias_hh_l0.zero_()
        if "b_u" in own:
            theirs.bias_hh_l0[-len(own["b_u"]) :] = own["b_u"]
        if "P" in own:
            theirs.weight_hr_l0.copy_(own["P"])


@pytest.mark.parametrize(
    ("name", "theirs", "gates"),
    [
        ("rnn", nn.RNN(4, 6), ""),
        ("rnn_relu", nn.RNN(4, 6, nonlinearity="relu"), ""),
        ("gru", nn.GRU(4, 6), "rzn"),
        ("lstm", nn.LSTM(4, 6), "ifgo"),
        ("lstm_projected", nn.LSTM(4, 6, proj_size=3), "ifgo"),
    ],
    ids=TORCH,
)
def test_a_cell_does_what_its_torch_module_does(name, theirs, gates):
    layer = ours(name, R=3) if name == "lstm_projected" else ours(name)
    theirs = theirs.double()
    fill(theirs, layer, gates)
    x = torch.randn(7, 3, 4, dtype=torch.float64, requires_grad=True)

    results = []
    for module in (layer, theirs):
        y, last = module(x)
        loss = sum(
            (part * part).sum() for part in (y, *(last if isinstance(last, tuple) else (last,)))
        )
        results.append((y, last, *torch.autograd.grad(loss, x)))

    torch.testing.assert_close(results[0], results[1], rtol=1e-11, atol=1e-12)
