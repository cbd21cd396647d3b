"""The report: intervals by hand, and a verdict that does not flatter."""

from __future__ import annotations

import math

import pytest

from elman.search.journal import Journal
from elman.search.plan import Plan
from elman.search.read import Fresh, SearchRun
from elman.search.report import difference, interval, quantile, stages, summary, verdict, winners
from searches import TURNS, born


def test_an_interval_is_that_of_student():
    mean, width = interval([1.0, 2.0, 3.0, 4.0])
    assert mean == 2.5
    assert width == pytest.approx(3.182 * math.sqrt(5 / 3) / 2)
    assert interval([1.0]) == (1.0, math.inf)
    assert math.isnan(interval([])[0])


def test_the_difference_of_two_means_is_that_of_welch():
    gap, width = difference([3.0, 4.0, 5.0], [1.0, 2.0, 3.0])
    assert gap == 2.0
    assert width == pytest.approx(2.776 * math.sqrt(2 / 3))  # 4 degrees of freedom
    assert difference([1.0, 1.0], [1.0, 1.0]) == (0.0, 0.0)
    assert quantile(0.5) == math.inf
    assert quantile(500) == 1.96


def fresh(cell, *scores):
    return [Fresh(cell, number, score, {}) for number, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("evolved", "by_chance", "said"),
    [
        ((1.1, 1.11, 1.12), (0.9, 0.91, 0.92), "Evolution beat the control: its winners"),
        ((0.9, 0.91, 0.92), (1.1, 1.11, 1.12), "Evolution did not beat the control: its winners"),
        ((0.9, 1.2, 1.1), (0.95, 1.1, 1.0), "Evolution did not beat the control: their winners"),
        ((1.1,), (0.9,), "Too few winners were trained anew"),
    ],
)
def test_the_verdict_says_when_evolution_did_not_beat_the_control(evolved, by_chance, said):
    assert verdict(TURNS, [*fresh(2, *evolved), *fresh(3, *by_chance)]).startswith(said)


def test_without_a_control_nothing_is_claimed():
    turns = [one for one in TURNS if one.arm != "control"]
    assert verdict(turns, fresh(2, 2.0, 2.0)).startswith("There was no control")


def test_winners_are_the_seeds_and_the_best_of_either_side():
    assert winners(TURNS, 1) == [0, 1, 2, 3]
    assert winners(TURNS, 5) == [0, 1, 2, 6, 3]


def test_stages_add_up():
    assert stages(TURNS) == {"xml": {"runs": 6, "seconds": 9.0, "each": 1.5}}


def test_the_summary_counts_what_counts(tmp_path):
    journal = Journal.create(tmp_path, Plan(tasks=("xml", "text")))
    failed = born(7, (2,), {"xml": 0.1})
    journal.write([one for one in [*TURNS, failed] if one.outcome], [*TURNS, failed])
    for one in fresh(2, 1.0, 1.02):
        journal.write_fresh(one)
    report = summary(SearchRun(tmp_path))
    journal.close()
    assert report["candidates"] == 6
    assert report["passed_memorisation"] == report["passed_memorization"] == 6
    assert report["best"]["cell"] == 2
    assert report["best"]["text"] == TURNS[2].text
    assert report["control"]["candidates"] == 1
    assert report["control"]["best"]["cell"] == 3
    assert report["evolution"]["candidates"] == 3
    assert report["fresh"][0]["mean"] == pytest.approx(1.01)
    assert report["fresh"][0]["chosen_by"] == pytest.approx(1.1)
