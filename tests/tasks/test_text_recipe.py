"""The numbers of the recipe; what follows from them is tested beside the trainer."""

from __future__ import annotations

from elman.tasks.text_recipe import text_recipe


def test_the_settings_of_a_training_are_named_as_the_configuration_names_them():
    model, training = text_recipe(2.0, 1_000_000, 65)

    assert (model.cell, model.hidden, model.batch) == ("lstm", 320, 64)
    assert set(training) == {
        *("lr", "optimizer", "weight_decay", "minutes", "steps", "sample_length")
    }


def test_steps_alone_are_sized_by_the_minutes_that_they_take():
    assert text_recipe(0.0, 10**7, 65, steps=1200)[0] == text_recipe(2.0, 10**7, 65)[0]


def test_vectors_of_characters_are_as_long_as_layer_and_alphabet_need():
    made = [
        text_recipe(m, 10**6, a)[0]
        for m, a in ((0.05, 65), (0.1, 65), (2.0, 65), (2.0, 40), (2.0, 2))
    ]

    assert [model.embedding for model in made] == [32, 42, 64, 40, 8]


def test_what_is_read_less_than_once_leaves_nothing_out():
    lengths = 1_000_000, 10_000_000
    # 3 s, 5 s and 3 minutes: what two cores read of a text of a million characters, and of ten
    rates = [[text_recipe(m, n, 65)[0].dropout for n in lengths] for m in (0.05, 0.0833, 3.0)]

    assert rates == [[0.0, 0.0], [0.0, 0.0], [0.2, 0.0]]


def test_fewer_updates_are_larger_ones():
    _, seconds = text_recipe(0.05, 10**6, 65)
    _, minutes = text_recipe(2.0, 10**6, 65)
    per_update = [t["lr"] * t.get("muon_rate", 1.0) for t in (seconds, minutes)]

    assert per_update[0] > 4 * per_update[1] and seconds["lr"] > minutes["lr"]
    assert seconds["beta1"] < 0.9
