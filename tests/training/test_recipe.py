"""The recipe: three facts in, a model and a training out that fit the text."""

from __future__ import annotations

import pytest

from elman.training import recipe


@pytest.mark.parametrize("minutes", [0.1, 2.0, 600.0])
@pytest.mark.parametrize("characters", [65, 300, 2_000, 50_000, 1_000_000, 10**9])
def test_every_recipe_fits_its_text(minutes, characters):
    model, training = recipe(minutes, characters, 65)

    assert model.window < characters
    assert model.hidden >= 8 and model.batch >= 1
    assert training.minutes == minutes and training.steps == 0


def test_more_time_and_more_text_give_a_larger_model():
    sizes = [recipe(minutes, 10**7, 65)[0].hidden for minutes in (0.3, 2.0, 30.0, 300.0)]
    assert sizes == sorted(set(sizes))
    assert recipe(30.0, 10_000, 65)[0].hidden < recipe(30.0, 10**7, 65)[0].hidden


def test_a_text_that_is_read_less_than_once_is_learned_without_dropout():
    assert recipe(2.0, 10**9, 65)[0].dropout == 0 < recipe(2.0, 10**6, 65)[0].dropout


def test_a_toy_text_gets_a_plain_network_of_three_units():
    model, training = recipe(0.0, 5, 4)

    assert (model.cell, model.hidden, model.embedding, model.window) == ("rnn", 3, 0, 4)
    assert training.steps == 300
    assert recipe(1.0, 5, 4)[1].steps == 0
