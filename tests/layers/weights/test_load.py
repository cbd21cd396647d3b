"""load_weights changes all of a layer or nothing, and says which file it is about."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import elman
from elman.errors import ConfigError


@pytest.mark.parametrize("fault", ["missing", "extra", "shape"])
def test_nothing_is_changed_if_anything_is_wrong(tmp_path, fault):
    source, layer = nn.LSTM(3, 4, 2), nn.LSTM(3, 4, 2)
    held = source.state_dict()
    if fault == "missing":
        del held["bias_hh_l1"]
    elif fault == "extra":
        held["weight_ih_l2"] = torch.ones(16, 4)
    else:
        held["bias_hh_l1"] = torch.ones(15)
    torch.save(held, tmp_path / "a.pt")
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    with pytest.raises(ValueError, match=r"^\S+a\.pt: .*_l[12]\b"):
        elman.load_weights(layer, tmp_path / "a.pt")
    assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())


def test_a_layer_that_is_loaded_still_trains(tmp_path):
    layer = nn.GRU(3, 4)
    elman.save_weights(nn.GRU(3, 4), tmp_path / "a.pt")
    parameter = layer.weight_hh_l0
    elman.load_weights(layer, str(tmp_path / "a.pt"))
    assert layer.weight_hh_l0 is parameter and parameter.requires_grad
    layer(torch.ones(2, 1, 3))[0].sum().backward()


def test_another_module_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"but this Linear has the parameter weight: pass the"):
        elman.load_weights(nn.Linear(3, 4), tmp_path / "a.pt")
    with pytest.raises(ConfigError, match=r"this Identity has no weight_ih_l0 and weight_hh_l0"):
        elman.load_weights(nn.Identity(), tmp_path / "a.pt")


def test_a_layer_without_numbers_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'meta', which holds no numbers: move it first"):
        elman.load_weights(nn.LSTM(3, 4, device="meta"), tmp_path / "a.pt")
