"""The plan of a search."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from elman.errors import ConfigError
from elman.search.plan import Budget, Plan


def test_a_plan_survives_the_journal():
    plan = Plan(seed=4, tasks=("xml",), task=Budget(5, 6, 7), crossover=0.5)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_what_a_later_version_wrote_is_left_out():
    assert Plan.from_json({**Plan().to_json(), "novelty": 1}) == Plan()


def test_a_budget_is_given_in_examples():
    assert Budget.of(9600) == Budget(300, 32, 12_000)
    assert Budget.of(9600).examples == 9600
    with pytest.raises(ConfigError, match="at least 32 examples, not 3"):
        Budget.of(3)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("settings", 0, "--settings must be from 1 to 180, not 0"),
        ("control", 1.0, r"--control must be from 0 to 0.95, not 1"),
        ("lag", 0, "--lag must be from 1"),
        ("tasks", (), "a search needs a task"),
    ],
)
def test_numbers_without_sense_are_refused(name, value, message):
    with pytest.raises(ConfigError, match=message):
        replace(Plan(), **{name: value}).check()
