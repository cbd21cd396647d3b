"""The calls behind the commands."""

from __future__ import annotations

from elman import api, data


def test_a_plan_takes_what_it_is_told_and_the_recipe_for_the_rest():
    text = data.load("hello")
    config = api.plan(text, "hello", steps=7, hidden=5)
    assert config.model.hidden == 5
    assert config.training.steps == 7
    assert config.model.cell == "rnn"
