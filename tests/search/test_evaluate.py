"""What a cell is worth: a function of the job alone, with the test first and the tasks in turn."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from elman import cells
from elman.search import idle
from elman.search.evaluate import attempt, compile_, evaluate
from elman.search.plan import Budget, Plan

SMALL = Plan(
    tasks=("parity", "copying"), settings=2, mark=0.0,
    memorization=Budget(6, 8, 2_000), task=Budget(6, 8, 1_500),
)  # fmt: skip


def job(plan=SMALL, text=None, **more):
    text = text or cells.get("gru_before").text
    return json.loads(json.dumps({"text": text, "seed": 3, "plan": plan.to_json(), **more}))


def without_times(result):
    return {key: value for key, value in result.items() if key != "seconds"}


def test_a_result_follows_from_its_job():
    one, again = evaluate(job()), evaluate(job())
    assert without_times(one) == without_times(again)
    assert json.loads(json.dumps(one)) == one
    other = evaluate({**job(), "seed": 4})
    assert without_times(other) != without_times(one)


def test_a_cell_that_passes_everything_ran_everything():
    result = evaluate(job())
    assert result["outcome"] == "done"
    assert list(result["tasks"]) == ["parity", "copying"]
    assert set(result["seconds"]) == {"compile", "memorization", "parity", "copying"}
    for found in result["tasks"].values():
        assert found["best"] == max(found["accuracies"])
        assert len(found["accuracies"]) == 2
        assert found["parameters"] <= 1_500


def test_a_cell_that_fails_the_test_has_had_all_of_its_budget_and_no_task():
    result = evaluate(job(replace(SMALL, mark=0.95)))
    assert result["outcome"] == "memorization"
    assert result["test_examples"] == 48
    assert result["tasks"] == {}


def test_a_cell_far_from_the_bar_stops_at_that_task():
    result = evaluate(job(bars={"parity": 2.0, "copying": 0.0}))
    assert result["outcome"] == "parity"
    assert list(result["tasks"]) == ["parity"]


def test_a_cell_at_nine_tenths_of_the_bar_does_not_go_on():
    best = evaluate(job())["tasks"]["parity"]["best"]
    assert evaluate(job(bars={"parity": best / 0.9 + 1e-9}))["outcome"] == "parity"
    assert evaluate(job(bars={"parity": best / 0.9 - 1e-3}))["outcome"] == "done"


def test_tasks_do_not_depend_on_those_before_them():
    both = evaluate(job())
    alone = evaluate(job(replace(SMALL, tasks=("copying",))))
    assert both["tasks"]["copying"] == alone["tasks"]["copying"]


def test_the_worse_half_stops_early_with_halving():
    cell = cells.get("rnn")
    found = attempt(cell, "parity", Budget(9, 8, 1_500), 4, 0, halving=True)
    assert len(found["accuracies"]) == 4
    assert found["best"] == max(found["accuracies"])


@pytest.mark.parametrize("name", ["rnn", "lstm", "mut1"])
def test_compiling_is_all_that_a_short_training_needs(name):
    compile_(cells.get(name), 0)


def test_figures_for_nothing_have_the_form_of_true_ones():
    found, true = idle.evaluate(job(gates=False)), evaluate(job())
    assert set(found) <= set(true) | {"parameters"}
    assert set(found["tasks"]) == set(true["tasks"])
    passed = [
        idle.evaluate({**job(gates=True), "seed": s})["outcome"] == "done" for s in range(400)
    ]
    assert 20 < sum(passed) < 90
