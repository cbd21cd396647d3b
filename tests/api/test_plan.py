"""The calls behind the commands."""

from __future__ import annotations

import pytest

from elman import api, data
from elman.errors import ConfigError


def test_a_plan_takes_what_it_is_told_and_the_recipe_for_the_rest():
    text = data.load("hello")
    config = api.plan(text, "hello", steps=7, hidden=5)
    assert config.model.hidden == 5
    assert config.training.steps == 7
    assert config.model.cell == "rnn"


@pytest.mark.parametrize("name", ["hidden", "layers", "batch"])
def test_a_plan_without_units_layers_or_rows_is_refused_by_the_name_of_the_option(name):
    with pytest.raises(ConfigError, match=f"^{name} must be at least 1, not 0"):
        api.plan(data.load("hello"), "hello", steps=7, **{name: 0})
