"""Weights that do not fit are refused with the name of the first one; counts come back."""

from __future__ import annotations

import pytest
import torch

from elman.errors import RunError
from elman.training import load_weights
from elman.training.tally import Tally


def test_weights_of_another_model_are_refused():
    with pytest.raises(RunError) as error:
        load_weights(torch.nn.Linear(2, 3), {"weight": torch.zeros(3, 4).numpy()}, "runs/a")
    assert str(error.value) == (
        "runs/a does not fit its run: bias has shape None in the checkpoint and (3,) in the model: "
        "put config.toml and cell.eq back as they were"
    )


def test_a_tally_comes_back_with_all_it_counted():
    one, two = Tally(), Tally()
    assert one.add(1, 2.0, 3.0) and not one.add(2, float("nan"), 1.0) and one.add(3, 4.0, 1.0)
    assert one.scored(3, 1.5) and not one.scored(4, 1.6) and not one.scored(5, float("nan"))
    two.restore(one.facts())

    assert two.facts() == one.facts()
    assert two.row() == {"loss": 3.0, "norm": 3.0, "clipped": 0.0, "skipped": 1}
    assert (two.best, two.best_step) == (1.5, 3)
    assert set(one.facts()) == set(vars(one)), "what is counted must be saved"
