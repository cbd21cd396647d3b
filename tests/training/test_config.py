"""A configuration prints to TOML and reads back; what is wrong in a file is named."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from elman.errors import ConfigError
from elman.runs import to_toml
from elman.training import DataConfig, RunConfig, TrainingConfig, recipe


def config() -> RunConfig:
    model, training = recipe(2.0, 1_000_000, 65)
    return RunConfig(DataConfig("a.txt", "00ff", ("*.tex", "*.c")), model, training)


def tables(**changes: dict[str, Any]) -> dict[str, Any]:
    found = tomllib.loads(to_toml(config().to_tables()))
    for name, change in changes.items():
        found[name] = {k: v for k, v in (found[name] | change).items() if v is not None}
    return found


def test_toml_and_back_is_the_same_configuration():
    assert RunConfig.from_tables(tables()) == config()


def test_a_whole_number_does_for_a_fraction():
    assert RunConfig.from_tables(tables(training={"minutes": 3})).training.minutes == 3.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"hiden": 3}}, "config.toml: model.hiden means nothing here: take it out"),
        ({"model": {"hidden": None}}, "config.toml: model.hidden is missing: put it back"),
        (
            {"model": {"hidden": "3"}},
            "config.toml: model.hidden is '3' and must be of type int: correct it",
        ),
        (
            {"training": {"seed": True}},
            "config.toml: training.seed is True and must be of type int: correct it",
        ),
        (
            {"data": {"include": "*.tex"}},
            "config.toml: data.include is '*.tex' and must be of type tuple: correct it",
        ),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    with pytest.raises(ConfigError) as error:
        RunConfig.from_tables(tables(**changes))
    assert str(error.value) == message


@pytest.mark.parametrize(
    "change",
    [
        *({"log_every": 0}, {"looks": 0}, {"sample_length": -1}),
        *({"beta1": 2.0}, {"beta2": 1.0}, {"warmup": -1.0}, {"warmup": 2.0}),
        *({"muon_rate": 0.0}, {"muon_rate": float("inf")}),
    ],
    ids=str,
)
def test_numbers_that_only_the_file_holds_are_checked_too(change):
    with pytest.raises(ConfigError, match="are usual"):
        RunConfig.from_tables(tables(training=change))


def test_a_missing_table_is_named():
    with pytest.raises(ConfigError) as error:
        RunConfig.from_tables({"data": tables()["data"]})
    assert str(error.value) == "config.toml has no table [model]: put it back"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "a training needs an end: give --minutes or --steps"),
        (
            {"minutes": -1.0},
            "minutes must be a number above 0, not -1",
        ),
        (
            {"steps": 1, "clip": 0.0},
            "lr (0.01) and clip (0) must be above 0: 0.005 and 1 are usual",
        ),
    ],
)
def test_an_impossible_training_is_refused(wrong, message):
    with pytest.raises(ConfigError) as error:
        TrainingConfig(lr=0.01, **wrong)
    assert str(error.value) == message
