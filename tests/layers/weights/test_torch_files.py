"""Files of torch: what torch wrote is read, what Elman writes torch reads, and no pickle runs."""

from __future__ import annotations

import pickle
from itertools import product

import pytest
import safetensors.torch
import torch
from torch import nn

import elman
from elman.errors import DataError, ShapeError
from elman.layers.weights.torch_files import layers

LAYERS = [
    (kind, dict(num_layers=depth, bidirectional=both, bias=bias, **more))
    for kind, more in [(nn.LSTM, {}), (nn.LSTM, {"proj_size": 2}), (nn.GRU, {}), (nn.RNN, {})]
    for depth, both, bias in product([1, 3], [False, True], [False, True])
]
SUFFIXES = ["safetensors", "pt"]


def torch_writes(tensors, path):
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(tensors, path)
    else:
        torch.save(tensors, path)
    return path


def same(one: nn.Module, other: nn.Module) -> bool:
    own = other.state_dict()
    return all(torch.equal(tensor, own[name]) for name, tensor in one.state_dict().items())


def agree(one: nn.Module, other: nn.Module) -> bool:
    """Both compute the same from states that are not zero."""
    x, rows = torch.randn(5, 2, 3), one.num_layers * (2 if one.bidirectional else 1)
    h = torch.randn(rows, 2, one.proj_size or 4)
    state = (h, torch.randn(rows, 2, 4)) if isinstance(one, nn.LSTM) else h
    return torch.equal(one(x, state)[0], other(x, state)[0])


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("kind", "settings"), LAYERS)
def test_what_torch_wrote_is_read_and_the_other_way_round(tmp_path, kind, settings, suffix):
    source, target, back = (kind(3, 4, **settings) for _ in range(3))
    elman.load_weights(target, torch_writes(source.state_dict(), tmp_path / f"a.{suffix}"))
    assert same(source, target) and agree(source, target)

    elman.save_weights(source, tmp_path / f"b.{suffix}")
    held = (
        torch.load(tmp_path / "b.pt", weights_only=True)
        if suffix == "pt"
        else safetensors.torch.load_file(tmp_path / "b.safetensors")
    )
    back.load_state_dict(held)
    assert same(source, back)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
def test_a_cell_is_a_layer_that_takes_one_step(tmp_path, kind, suffix):
    source, target = kind(3, 4), kind(3, 4)
    elman.save_weights(source, tmp_path / f"a.{suffix}")
    elman.load_weights(target, tmp_path / f"a.{suffix}")
    assert same(source, target)
    layer = {nn.LSTMCell: nn.LSTM, nn.GRUCell: nn.GRU, nn.RNNCell: nn.RNN}[kind](3, 4)
    elman.load_weights(layer, tmp_path / f"a.{suffix}")
    assert torch.equal(layer.bias_hh_l0, source.bias_hh)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.encoder = nn.ModuleDict({"rnn": nn.GRU(3, 4, 2)})
        self.cell = nn.GRUCell(3, 4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_part_of_a_model_is_taken_by_its_prefix_or_because_it_alone_fits(tmp_path, suffix):
    model, target = Model(), nn.GRU(3, 4, 2)
    path = torch_writes(model.state_dict(), tmp_path / f"a.{suffix}")
    elman.load_weights(target, path, name="encoder.rnn")
    assert same(model.encoder["rnn"], target)
    alone = nn.GRU(3, 4, 2)
    elman.load_weights(alone, path)
    assert same(target, alone)


def test_a_checkpoint_around_a_state_dict_is_looked_into(tmp_path):
    model = Model()
    held = {"epoch": 3, "model": model.state_dict(), "optimizer": {"state": {}, "groups": [{}]}}
    torch.save(held, tmp_path / "a.pt")
    target = nn.GRU(3, 4, 2)
    elman.load_weights(target, tmp_path / "a.pt", name="model.encoder.rnn")
    assert same(model.encoder["rnn"], target)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_are_converted_to_the_type_of_the_layer(tmp_path, dtype):
    source, target = nn.LSTM(3, 4, dtype=dtype), nn.LSTM(3, 4)
    elman.save_weights(source, tmp_path / "a.safetensors")
    elman.load_weights(target, tmp_path / "a.safetensors")
    assert target.weight_ih_l0.dtype == torch.float32
    assert torch.equal(target.weight_ih_l0, source.weight_ih_l0.float())


def test_whole_numbers_are_no_weights(tmp_path):
    state = nn.RNN(3, 4).state_dict()
    state["bias_hh_l0"] = torch.arange(4)
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"bias_hh_l0 holds torch\.int64, and weights are floating"):
        elman.load_weights(nn.RNN(3, 4), tmp_path / "a.pt")


@pytest.mark.parametrize("way", ["sparse", "meta"])
def test_a_tensor_that_cannot_be_copied_is_refused_before_anything_is_filled(tmp_path, way):
    state = nn.RNN(3, 4).state_dict()
    hidden = state["weight_hh_l0"]
    state["weight_hh_l0"] = hidden.to_sparse() if way == "sparse" else hidden.to("meta")
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"weight_hh_l0 is no plain tensor \((cpu|meta), torch\."):
        elman.load_weights(nn.RNN(3, 4), tmp_path / "a.pt")


class Planted:
    """What runs when this is unpickled makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("way", ["zip", "old", "bare"])
def test_a_planted_pickle_does_not_run(tmp_path, way):
    path, sign = tmp_path / "a.pt", tmp_path / "it-ran"
    held = {**nn.LSTM(3, 4).state_dict(), "more": Planted(sign)}
    if way == "bare":
        path.write_bytes(pickle.dumps(held))
    else:
        torch.save(held, path, _use_new_zipfile_serialization=way == "zip")
    layer = nn.LSTM(3, 4)
    before = layer.weight_ih_l0.clone()

    with pytest.raises(DataError) as error:
        elman.load_weights(layer, path)
    assert str(error.value) == (
        f"{path}: it holds more than tensors, or is damaged, and nothing in it was run: save the "
        "layer's state_dict() and load that"
    )
    assert not sign.exists() and torch.equal(layer.weight_ih_l0, before)


def test_torchs_older_format_is_read(tmp_path):
    source, target = nn.LSTM(3, 4), nn.LSTM(3, 4)
    torch.save(source.state_dict(), tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    elman.load_weights(target, tmp_path / "a.pt")
    assert same(source, target)


def test_a_file_without_a_dict_or_with_other_things_is_one_sentence(tmp_path):
    torch.save([torch.ones(3)], tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"holds a list: save the layer's state_dict\(\)$"):
        elman.load_weights(nn.LSTM(3, 4), tmp_path / "a.pt")
    torch.save({**nn.LSTM(3, 4).state_dict(), "epoch": 7}, tmp_path / "b.pt")
    with pytest.raises(DataError, match="epoch in it is not a tensor, and a layer has no use"):
        elman.load_weights(nn.LSTM(3, 4), tmp_path / "b.pt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_file_is_one_sentence(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    elman.save_weights(nn.LSTM(3, 4), path)
    raw = path.read_bytes()
    for size in (0, 8, 16, 100, len(raw) - 1):
        path.write_bytes(raw[:size])
        with pytest.raises(DataError, match="damaged"):
            elman.load_weights(nn.LSTM(3, 4), path)


def test_a_shape_that_differs_is_named_with_both(tmp_path):
    elman.save_weights(nn.LSTM(5, 4), tmp_path / "a.pt")
    with pytest.raises(ShapeError) as error:
        elman.load_weights(nn.LSTM(3, 4), tmp_path / "a.pt")
    wanted = "LSTM(5, 4) does not fit LSTM(3, 4): weight_ih_l0 is (16, 5) there and (16, 3) in"
    assert str(error.value) == f"{tmp_path}/a.pt: {wanted} the layer"


def test_a_state_dict_is_as_good_as_a_file(tmp_path):
    trained = nn.ModuleDict({"rnn": nn.LSTM(3, 4), "head": nn.Linear(4, 2)})
    layer, x = elman.Recurrent("lstm", 3, 4), torch.randn(5, 2, 3)
    elman.load_weights(layer, trained.state_dict())
    torch.testing.assert_close(layer(x)[0], trained["rnn"](x)[0])
    with pytest.raises(
        DataError, match=r"^the state dict: it has no recurrent layer 'rn'; did you"
    ):
        elman.load_weights(layer, trained.state_dict(), name="rn")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"it cannot be read: No such file") as error:
        elman.load_weights(nn.LSTM(3, 4), tmp_path / "a.pt")
    assert error.value.__suppress_context__


def test_everything_below_a_prefix_belongs_to_its_layer():
    held = {"a.weight_ih_l0": torch.ones(1), "a.more": torch.ones(2), "b.bias_ih": torch.ones(3)}
    one, other = layers(held)
    assert (one.name, set(one.read())) == ("a", {"weight_ih_l0", "more"})
    assert (other.name, set(other.read())) == ("b", {"bias_ih_l0"})
