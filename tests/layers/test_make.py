"""Layers are made as they were asked for, or it is told why not."""

from __future__ import annotations

import pytest

from elman.errors import ConfigError
from elman.layers.make import make, whole

USUAL = {
    "bidirectional": False, "dropout": 0.0, "input_dropout": 0.0, "state_dropout": 0.0,
    "zoneout": 0.0, "learn_start": False, "target": "auto", "sizes": None, "device": None,
    "dtype": None,
}  # fmt: skip


def test_every_layer_reads_what_the_one_before_gives():
    made = make("gru", 3, 5, 3, **{**USUAL, "bidirectional": True})
    assert [layer.sizes["D"] for layer in made.forwards] == [3, 10, 10]
    assert len(made.backwards) == 3 and made.output_size == 10


def test_members_stand_side_by_side():
    made = make("gru", 3, 5, 1, **USUAL, members=4)
    assert made.forwards[0].W_r.shape == (4, 5, 3)


def test_what_does_not_fit_is_told():
    with pytest.raises(ConfigError, match="zoneout names k, but gru has h"):
        make("gru", 3, 5, 1, **{**USUAL, "zoneout": {"k": 0.5}})
    with pytest.raises(ConfigError, match="num_layers must be at least 1, not 0"):
        make("gru", 3, 5, 0, **USUAL)
    with pytest.raises(ConfigError, match=r"width must be a whole number, not 2\.5"):
        whole("width", 2.5)
