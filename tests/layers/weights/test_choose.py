"""Which layer of a file is taken, and what is said when that is not clear."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman.errors import DataError
from elman.layers.weights.assign import seat
from elman.layers.weights.choose import chosen
from elman.layers.weights.found import Found, described, reordered, stacked


def found(layer: nn.Module, name: str) -> Found:
    return Found(name, layer.state_dict)


def refused() -> dict[str, torch.Tensor]:
    raise DataError("it clips")


def test_the_only_layer_that_fits_is_taken():
    a, b = nn.LSTM(3, 4), nn.LSTM(5, 4)
    tensors = chosen([found(a, "a"), found(b, "b"), Found("c", refused)], None, seat(nn.LSTM(5, 4)))
    assert torch.equal(tensors["weight_ih_l0"], b.weight_ih_l0)


def test_several_that_fit_are_listed():
    layers = [found(nn.LSTM(3, 4), "a"), found(nn.LSTM(3, 4), "b"), Found("c", refused)]
    with pytest.raises(DataError) as error:
        chosen(layers, None, seat(nn.LSTM(3, 4)))
    assert str(error.value) == (
        "of its 3 recurrent layers 2 fit LSTM(3, 4): choose one with name=, or stack several with "
        "name=[bottom, ..., top]\n  'a': LSTM(3, 4)\n  'b': LSTM(3, 4)\n  'c': it clips"
    )


def test_a_name_that_is_not_there_brings_the_nearest():
    layers = [found(nn.GRU(3, 4), "encoder.rnn"), found(nn.LSTM(3, 4), "decoder.rnn")]
    with pytest.raises(DataError) as error:
        chosen(layers, "encoder", seat(nn.GRU(3, 4)))
    assert str(error.value) == (
        "it has no recurrent layer 'encoder'; did you mean 'encoder.rnn'?\n"
        "  'encoder.rnn': GRU(3, 4)\n  'decoder.rnn': LSTM(3, 4)"
    )


def test_a_name_that_stands_for_two_is_refused():
    with pytest.raises(DataError, match="it has 2 recurrent layers that are called 'a'"):
        chosen([found(nn.GRU(3, 4), "a")] * 2, "a", seat(nn.GRU(3, 4)))


def test_a_file_without_recurrent_layers_says_so():
    with pytest.raises(DataError, match="it holds no LSTM, GRU or RNN"):
        chosen([], None, seat(nn.GRU(3, 4)))


def test_what_is_missing_and_what_has_no_place_is_listed_by_name():
    layers = [found(nn.LSTM(3, 4, bidirectional=True), "a")]
    with pytest.raises(DataError) as error:
        chosen(layers, None, seat(nn.LSTM(3, 4, 2, bias=True)))
    assert str(error.value) == (
        "LSTM(3, 4, bidirectional=True) does not fit LSTM(3, 4, num_layers=2): it lacks "
        "weight_ih_l1, weight_hh_l1, bias_ih_l1, bias_hh_l1; the layer has no place for "
        "weight_ih_l0_reverse, weight_hh_l0_reverse, bias_ih_l0_reverse, bias_hh_l0_reverse"
    )


def test_names_in_a_list_are_a_stack_from_the_bottom():
    whole = nn.LSTM(3, 4, 3, bidirectional=True)
    low, high = nn.LSTM(3, 4, 2, bidirectional=True), nn.LSTM(8, 4, bidirectional=True)
    layers = [found(high, "high"), found(low, "low")]
    whole.load_state_dict(dict(chosen(layers, ["low", "high"], seat(whole))))
    assert torch.equal(whole.bias_hh_l0, low.bias_hh_l0)
    assert torch.equal(whole.weight_ih_l2_reverse, high.weight_ih_l0_reverse)


def test_names_of_torch_are_counted_on():
    layers = [{"weight_ih_l0": torch.ones(1)}, {"bias_hh_l0_reverse": torch.ones(1)}]
    assert list(stacked(layers)) == ["weight_ih_l0", "bias_hh_l1_reverse"]


@pytest.mark.parametrize(
    "wanted",
    ["LSTM(3, 4)", "GRU(3, 1, bias=False)", "RNN(3, 4, num_layers=2, bidirectional=True)",
     "LSTM(3, 5, num_layers=2, proj_size=2)"],
)  # fmt: skip
def test_a_description_is_what_would_make_the_layer(wanted):
    layer = eval(f"nn.{wanted}")
    assert described({name: p.shape for name, p in layer.named_parameters()}) == wanted


def test_an_order_says_which_block_comes_first():
    rows = torch.arange(6).reshape(6, 1)
    assert reordered(rows, (2, 0, 1)).flatten().tolist() == [4, 5, 0, 1, 2, 3]
