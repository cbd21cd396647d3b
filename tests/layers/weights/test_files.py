"""A file's format is known by what is in it, else by its suffix."""

from __future__ import annotations

import pickle
import zipfile

import pytest
from torch import nn

import elman
from elman.errors import DataError
from elman.layers.weights import files


def test_a_file_that_is_not_there_or_of_no_known_format_is_one_sentence(tmp_path):
    layer = nn.LSTM(3, 4)
    with pytest.raises(DataError, match=r"a\.pt: it cannot be read: No such file or directory$"):
        elman.load_weights(layer, tmp_path / "a.pt")
    with pytest.raises(DataError, match=r"it cannot be read: Is a directory$"):
        elman.load_weights(layer, tmp_path)
    (tmp_path / "a.txt").write_text("weights")
    with pytest.raises(DataError, match=r"its format is not known; those that are: \.safetensors,"):
        elman.load_weights(layer, tmp_path / "a.txt")


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_the_content_decides_and_not_the_suffix(tmp_path, suffix):
    elman.save_weights(nn.LSTM(3, 4), tmp_path / f"a.{suffix}")
    for other in ("bin", "keras", "onnx"):
        path = (tmp_path / f"a.{suffix}").rename(tmp_path / f"a.{other}")
        elman.load_weights(nn.LSTM(3, 4), path)
        path.rename(tmp_path / f"a.{suffix}")


def test_an_archive_that_is_no_keras_model_is_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as file:
        file.writestr("model.weights.h5", b"")
    with pytest.raises(DataError, match=r"a\.keras: it is damaged \("):
        elman.load_weights(nn.LSTM(3, 4), tmp_path / "a.keras")


def test_every_first_byte_has_a_reader(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(files.HDF5)
    assert files._reader(path) is files.keras.hdf5
    path.write_bytes(pickle.dumps(3))
    assert files._reader(path) is files.torch_files.pickled_file
