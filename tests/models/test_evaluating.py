from __future__ import annotations

import pytest
from torch import nn

from elman.models.evaluating import evaluating


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_comes_back_even_after_an_error(mode):
    model = nn.Sequential(nn.Dropout(0.5)).train(mode)
    with pytest.raises(KeyError), evaluating(model):
        assert not model.training and not model[0].training
        raise KeyError
    assert model.training is mode and model[0].training is mode
