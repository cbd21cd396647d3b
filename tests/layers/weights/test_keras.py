"""Keras' files: a layer with the weights computes what Keras computed, or one sentence refuses."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman.errors import ConfigError, DataError
from elman.layers.weights import keras, keras_files

KINDS = {"lstm": elman.LSTM, "gru": elman.GRU, "rnn": elman.RNN}
FORMATS = ["keras", "weights.h5", "h5", "old.h5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models written by Keras, each with what it computes."""
    made = tmp_path_factory.mktemp("keras")
    script = Path(__file__).with_name("keras_models.py")
    child = subprocess.run([sys.executable, script, made], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    for path in made.glob("*.h5"):
        if ".weights" not in path.name:
            weights_alone(path, path.with_suffix(".old.h5"))
    return made


def weights_alone(model: Path, alone: Path) -> None:
    """What save_weights of the first two Keras wrote: the inside of a model file, at the root."""
    with h5py.File(model) as source, h5py.File(alone, "w") as target:
        inside = source["model_weights"]
        for name in inside:
            source.copy(inside[name], target, name)
        for key, value in inside.attrs.items():
            target.attrs[key] = value


def made(kind: str, **settings) -> nn.Module:
    return KINDS[kind](3, 4, batch_first=True, **settings)


def run(layer: nn.Module, held) -> torch.Tensor:
    """The layer's output from Keras' states, which come per layer, direction and state."""
    states = [torch.from_numpy(held[f"s{k}"]) for k in range(len(held.files) - 2)]
    if isinstance(layer, nn.LSTM | elman.LSTM):
        state = torch.stack(states[::2]), torch.stack(states[1::2])
    else:
        state = torch.stack(states)
    return layer(torch.from_numpy(held["x"]), state)[0]


def agree(layer: nn.Module, folder: Path, name: str) -> None:
    held = np.load(folder / f"{name}.npz")
    with torch.no_grad():
        y = run(layer, held)
    torch.testing.assert_close(y, torch.from_numpy(held["y"]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_computes_what_keras_does(folder, kind, directions, suffix):
    layer = made(kind, num_layers=2, bidirectional=directions == 2)
    path = folder / f"{kind}-{directions}.{suffix}"
    elman.load_weights(layer, path, name=["low", "high"])
    agree(layer, folder, f"{kind}-{directions}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_without_biases_does_too(folder, kind):
    layer = made(kind, num_layers=2, bias=False)
    elman.load_weights(layer, folder / f"{kind}-bare.keras", name=["low", "high"])
    agree(layer, folder, f"{kind}-bare")


def test_biases_that_keras_does_not_have_are_missed_by_name(folder):
    with pytest.raises(DataError, match=r"bias=False\) does not fit LSTM\(3, 4\): it lacks bias_"):
        elman.load_weights(made("lstm"), folder / "lstm-bare.keras", name="low")


def test_a_gru_without_biases_and_settings_is_refused(folder):
    with pytest.raises(DataError, match=r"does not show .* load the whole model, as \.keras$"):
        elman.load_weights(made("gru", bias=False), folder / "gru-bare.weights.h5", name="low")


def test_a_relu_network_asks_for_a_relu_layer(folder):
    path = folder / "rnn-relu.keras"
    layer = made("rnn", num_layers=2, nonlinearity="relu")
    elman.load_weights(layer, path, name=["low", "high"])
    agree(layer, folder, "rnn-relu")
    with pytest.raises(DataError, match=r"is relu and the layer's is tanh: make .*='relu'$"):
        elman.load_weights(made("rnn"), path, name="low")


def test_a_reset_before_the_product_is_read_into_the_cell_that_has_it(folder):
    layer = elman.Recurrent("gru_before", 3, 4, 2, batch_first=True)
    elman.load_weights(layer, folder / "gru-before.keras", name=["low", "high"])
    agree(layer, folder, "gru-before")


def test_a_network_of_two_kinds_of_directions_is_refused(folder):
    with pytest.raises(DataError, match=r"its two directions compute different equations$"):
        elman.load_weights(made("rnn", bidirectional=True), folder / "unequal.keras")


REFUSED = {
    "before": r"acts before the product \(reset_after=False in Keras, .* of gru_before, n = tanh\(",
    "hard": "its recurrent_activation is hard_sigmoid, where torch has sigmoid$",
    "relu": "its activation is relu, where torch has tanh$",
    "own": "its activation is a function of its own, where torch has tanh$",
    "backwards": r"it goes backwards \(go_backwards=True\), which torch's layers do not alone$",
    "sum": "it joins its directions by 'sum', and torch's layers by 'concat'$",
    "cell": "it is a RNN; LSTM, GRU, SimpleRNN and Bidirectional are read$",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_does_not_compute_is_refused(folder, name):
    layer = made("gru" if name in ("before", "own") else "lstm", bidirectional=name == "sum")
    with pytest.raises(DataError, match=REFUSED[name]):
        elman.load_weights(layer, folder / f"{name}.keras")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_layer_in_a_nested_model_is_found_by_its_name(folder, suffix):
    layer = nn.LSTM(4, 4)
    elman.load_weights(layer, folder / f"nested.{suffix}")  # the only LSTM
    kernel = np.load(folder / "nested.npz")["arr_0"]
    assert torch.equal(layer.weight_ih_l0.T, torch.from_numpy(kernel))
    elman.load_weights(layer, folder / f"nested.{suffix}", name="deep")


def test_without_a_name_that_fits_the_layers_are_listed(folder):
    with pytest.raises(DataError) as error:
        elman.load_weights(made("lstm", num_layers=2), folder / "lstm-1.keras")
    assert str(error.value).splitlines()[1:] == ["  'low': LSTM(3, 4)", "  'high': LSTM(4, 4)"]


def old_file(path: Path, kernel, recurrent, bias) -> Path:
    """A file as the first Keras wrote them, with the names of TensorFlow's variables."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"lstm_1"]
        group = file.create_group("lstm_1")
        names = [f"lstm_1/{part}:0" for part in ("kernel", "recurrent_kernel", "bias")]
        group.attrs["weight_names"] = [name.encode() for name in names]
        for name, array in zip(names, (kernel, recurrent, bias), strict=True):
            group[name] = array
    return path


def test_the_names_of_tensorflow_are_read(tmp_path, rng):
    shapes = [(3, 16), (4, 16), (16,)]
    kernel, recurrent, bias = (rng.normal(size=shape) for shape in shapes)
    (found,) = keras.hdf5(old_file(tmp_path / "a.h5", kernel, recurrent, bias))
    assert found.name == "lstm_1"
    tensors = found.read()
    assert torch.equal(tensors["weight_hh_l0"], torch.from_numpy(recurrent.T))
    assert torch.equal(tensors["bias_ih_l0"], torch.from_numpy(bias))


def first_archive(path: Path, word: str, **settings) -> Path:
    """A .keras archive whose layers are kept under `word` and have no names beside them."""
    config = {"name": "mine", "activation": "tanh", "recurrent_activation": "sigmoid", **settings}
    model = {"class_name": "Sequential", "config": {"layers": [
        {"class_name": "LSTM", "config": config}]}}  # fmt: skip
    inside = io.BytesIO()
    with h5py.File(inside, "w") as file:
        group = file.create_group(f"{word}/lstm/cell/vars")
        file.create_group(f"{word}/lstm/vars")
        for number, shape in enumerate([(3, 16), (4, 16), (16,)]):
            group.create_dataset(str(number), shape, ">f4")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("model.weights.h5", inside.getvalue())
    return path


@pytest.mark.parametrize("word", ["layers", "_layer_checkpoint_dependencies"])
def test_the_first_archives_are_read_by_their_settings(tmp_path, word):
    elman.load_weights(made("lstm"), first_archive(tmp_path / "a.keras", word), name="mine")
    hard = first_archive(tmp_path / "b.keras", word, recurrent_activation="hard_sigmoid")
    with pytest.raises(DataError, match="its recurrent_activation is hard_sigmoid"):
        elman.load_weights(made("lstm"), hard)


def test_weights_alone_without_names_are_called_by_their_place(tmp_path):
    with zipfile.ZipFile(first_archive(tmp_path / "a.keras", "layers")) as archive:
        (tmp_path / "a.weights.h5").write_bytes(archive.read("model.weights.h5"))
    elman.load_weights(made("lstm"), tmp_path / "a.weights.h5", name="lstm")


def test_the_biases_of_a_layer_for_cudnn_are_refused(tmp_path, rng):
    path = old_file(tmp_path / "a.h5", *(rng.normal(size=s) for s in [(3, 16), (4, 16), (32,)]))
    with pytest.raises(DataError, match=r"for CuDNN alone: save it from a plain one$"):
        elman.load_weights(made("lstm"), path)


def test_a_half_precision_bias_keeps_its_value(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("b", data=np.array([0x3F80, 0xC000], "uint16"))
        data.attrs["dtype"] = "bfloat16"
        assert keras_files._tensor(data).tolist() == [1.0, -2.0]


def test_data_that_lie_in_another_file_are_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(64 * 8))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("layers/lstm/cell/vars")
        group.create_dataset("0", (3, 16), "float32", external=str(tmp_path / "secret"))
    with pytest.raises(DataError, match="lies outside of the file"):
        elman.load_weights(made("lstm"), tmp_path / "a.h5")


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "a.h5").write_bytes(b"")
    with pytest.raises(ConfigError, match=r'need h5py: pip install "elman\[weights\]"$'):
        elman.load_weights(made("lstm"), tmp_path / "a.h5")


def test_a_damaged_archive_is_one_sentence(folder, tmp_path):
    raw = (folder / "lstm-1.weights.h5").read_bytes()
    path = tmp_path / "a.h5"
    for size in (8, 100, len(raw) // 2):
        path.write_bytes(raw[:size])
        with pytest.raises(DataError, match="damaged"):
            elman.load_weights(made("lstm"), path)
