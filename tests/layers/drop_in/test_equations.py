"""torch's layers as equations: with and without biases, and torch's rows by the names in them."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.layers.drop_in.equations import by_name, equations

MODES = ("LSTM", "GRU", "RNN_TANH", "RNN_RELU")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bias", [True, False])
def test_the_parameters_of_the_equations_are_the_parts_of_torchs_tensors(mode, bias):
    cell = equations(mode, bias)
    gates = {"LSTM": 4, "GRU": 3}.get(mode, 1)
    weights = [torch.randn(gates * 5, 3), torch.randn(gates * 5, 5)]
    weights += [torch.randn(gates * 5), torch.randn(gates * 5)] if bias else []
    found = by_name(mode, weights)
    assert set(found) == set(cell.parameters)
    sizes = {"D": 3, "H": 5}
    for name, parameter in cell.parameters.items():
        assert found[name].shape == tuple(sizes[size] for size in parameter.shape)
    assert any(name.startswith("b") for name in found) == bias


@pytest.mark.parametrize(("mode", "name"), [("LSTM", "lstm"), ("GRU", "gru"), ("RNN_TANH", "rnn")])
def test_the_equations_are_those_of_the_shelf(mode, name):
    assert equations(mode, True).step.outputs == cells.get(name).step.outputs


def test_the_grus_inner_bias_stays_apart():
    first, second = torch.arange(6.0), 10 * torch.arange(6.0)
    found = by_name("GRU", [torch.zeros(6, 1), torch.zeros(6, 2), first, second])
    assert found["b_r"].tolist() == [0, 11] and found["b_z"].tolist() == [22, 33]
    assert found["b_n"].tolist() == [4, 5] and found["b_u"].tolist() == [40, 50]


def test_a_projection_is_a_matrix_of_its_own():
    cell = equations("LSTM", False, projected=True)
    assert cell.parameters["P"].shape == ("R", "H") and cell.states["h"].size == "R"
    weights = [torch.zeros(20, 3), torch.zeros(20, 2), torch.ones(2, 5)]
    assert torch.equal(by_name("LSTM", weights)["P"], weights[2])
