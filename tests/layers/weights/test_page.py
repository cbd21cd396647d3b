"""docs/weights.md: its blocks run, its message is said, its table is whole."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import pytest
from torch import nn

import elman
from elman.errors import DataError
from elman.layers.weights import files

PAGE = (Path(__file__).parents[3] / "docs" / "weights.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def keras_file(path: Path) -> None:
    """Two layers as Keras 3 writes them."""
    with h5py.File(path, "w") as file:
        for name, width in (("lstm", 3), ("lstm_1", 4)):
            group = file.create_group(f"layers/{name}/cell/vars")
            for number, shape in enumerate([(width, 16), (4, 16), (16,)]):
                group.create_dataset(str(number), shape, "float32")
            file.create_group(f"layers/{name}/vars").attrs["name"] = name


def test_the_blocks_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras_file(tmp_path / "model.weights.h5")
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(block, names)
    assert names["layer"].weight_hh_l1.count_nonzero() == 0
    assert (tmp_path / "again.safetensors").exists()


def test_the_message_reads_like_that(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    elman.save_weights(nn.LSTM(3, 4, bias=False), "bare.pt")
    with pytest.raises(DataError) as error:
        elman.load_weights(nn.LSTM(3, 4), "bare.pt")
    assert [str(error.value)] == [block.strip() for block in blocks("text")]


def test_every_suffix_is_in_the_table():
    assert {suffix for suffix in files.SUFFIXES if f"`{suffix}`" not in PAGE} == set()
