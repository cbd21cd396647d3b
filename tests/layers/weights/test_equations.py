"""A Recurrent takes torch's weights and computes the same, and gives them back."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.errors import ConfigError, DataError
from elman.layers.weights import equations

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def state(name: str):
    """A state that is not zero."""
    h = torch.randn(2, 2, 4)
    return (h, torch.randn(2, 2, 4)) if name == "lstm" else h


@pytest.mark.parametrize("name", CELLS)
def test_a_recurrent_computes_what_torchs_layer_does(tmp_path, name):
    source, back = CELLS[name](3, 4, 2), CELLS[name](3, 4, 2)
    target = elman.Recurrent(name, 3, 4, 2)
    x, start = torch.randn(5, 2, 3), state(name)
    elman.save_weights(source, tmp_path / "a.pt")
    elman.load_weights(target, tmp_path / "a.pt")
    wanted = source(x, start)[0]
    torch.testing.assert_close(target(x, start)[0], wanted, atol=1e-6, rtol=0)

    elman.save_weights(target, tmp_path / "b.pt")
    back.load_state_dict(torch.load(tmp_path / "b.pt", weights_only=True))
    torch.testing.assert_close(back(x, start)[0], wanted, atol=1e-6, rtol=0)


def test_the_gru_keeps_the_bias_inside_of_the_reset_apart(tmp_path):
    source, target = nn.GRU(3, 4), elman.Recurrent("gru", 3, 4)
    elman.save_weights(source, tmp_path / "a.pt")
    elman.load_weights(target, tmp_path / "a.pt")
    own = target.get_parameter
    assert torch.equal(own("layers.0.b_u"), source.bias_hh_l0[8:])
    assert torch.equal(own("layers.0.b_n"), source.bias_ih_l0[8:])
    assert torch.equal(own("layers.0.b_r"), (source.bias_ih_l0 + source.bias_hh_l0)[:4])


def test_comments_are_no_part_of_the_equations(tmp_path):
    text = "# the plain one\nh' = tanh(W x + U h + b)"
    elman.save_weights(elman.Recurrent(text, 3, 4), tmp_path / "a.pt")
    elman.load_weights(nn.RNN(3, 4), tmp_path / "a.pt")


def test_torchs_gru_and_the_one_that_resets_before_do_not_mix(tmp_path):
    layer = elman.Recurrent("gru_before", 3, 4)
    elman.save_weights(nn.GRU(3, 4), tmp_path / "a.pt")
    with pytest.raises(DataError, match="its reset gate acts after the product: load it into a"):
        elman.load_weights(layer, tmp_path / "a.pt")
    with pytest.raises(ConfigError, match="gru_before is not saved for torch, whose GRU has"):
        elman.save_weights(layer, tmp_path / "b.pt")


def test_the_relu_network_of_the_shelf_is_torchs(tmp_path):
    source, target = nn.RNN(3, 4, nonlinearity="relu"), elman.Recurrent("rnn_relu", 3, 4)
    elman.save_weights(source, tmp_path / "a.pt")
    elman.load_weights(target, tmp_path / "a.pt")
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(target(x)[0], source(x)[0], atol=1e-6, rtol=0)


def test_a_cell_that_torch_does_not_have_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="torch has no layer with the equations of cell: weights"):
        elman.save_weights(elman.Recurrent("h' = tanh(W x + h)", 3, 4), tmp_path / "a.pt")


def test_a_relu_network_does_not_fit_the_tanh_of_rnn(tmp_path):
    form = equations.form(elman.Recurrent("rnn", 3, 4))
    assert form.cell == "rnn"
    elman.save_weights(nn.GRU(3, 4), tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"weight_ih_l0 is \(12, 3\) there and \(4, 3\)"):
        elman.load_weights(elman.Recurrent("rnn", 3, 4), tmp_path / "a.pt")


def test_a_file_without_biases_does_not_fit(tmp_path):
    elman.save_weights(nn.LSTM(3, 4, bias=False), tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"it lacks bias_ih_l0, bias_hh_l0$"):
        elman.load_weights(elman.Recurrent("lstm", 3, 4), tmp_path / "a.pt")


@pytest.mark.parametrize(("more", "what"), [
    ({"bidirectional": True}, "two directions"), ({"learn_start": True}, "learned starts"),
])  # fmt: skip
def test_parameters_that_torch_lacks_are_named(tmp_path, more, what):
    layer = elman.Recurrent("lstm", 3, 4, **more)
    with pytest.raises(ConfigError, match=f"^a Recurrent with {what} has parameters that torch's"):
        elman.save_weights(layer, tmp_path / "a.pt")
