"""save_weights writes a file whole or not at all."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.errors import ConfigError, DataError
from elman.runs import disk


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a.{suffix}"
    elman.save_weights(nn.LSTM(3, 4), path)
    old = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot be written: No space left on device$"):
        elman.save_weights(nn.LSTM(3, 4), path)
    assert path.read_bytes() == old and list(tmp_path.iterdir()) == [path]


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.h5: weights are saved as \.safetensors, \.pt or"):
        elman.save_weights(nn.LSTM(3, 4), tmp_path / "a.h5")


def test_what_is_saved_is_a_copy_even_of_weights_that_share_memory(tmp_path):
    layer = nn.RNN(4, 4)
    layer.weight_hh_l0 = layer.weight_ih_l0
    layer.bias_hh_l0 = nn.Parameter(torch.arange(8.0)[::2])
    elman.save_weights(layer, tmp_path / "a.safetensors")
    other = nn.RNN(4, 4)
    elman.load_weights(other, tmp_path / "a.safetensors")
    assert torch.equal(other.weight_hh_l0, layer.weight_ih_l0)
    assert other.bias_hh_l0.tolist() == [0, 2, 4, 6]
