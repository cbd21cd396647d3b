"""Candidates an hour, by stage."""

from __future__ import annotations

import pytest

from elman.search.measure import by_stage, measure, of
from elman.search.start import search


def test_an_idle_search_leaves_the_cost_of_the_search():
    report = measure(minutes=0, candidates=12, workers=1, dask=None, idle=True, seed=0)
    assert report["candidates"] == 12
    assert 0 < report["overhead_per_turn"] < 1
    assert report["per_hour"] == pytest.approx(12 / report["seconds"] * 3600, rel=0.01)


def test_stages_share_the_whole():
    stages = {"compile": {"runs": 4, "seconds": 1.0, "each": 0.25},
              "xml": {"runs": 1, "seconds": 3.0, "each": 3.0}}  # fmt: skip
    found = by_stage({"stages": stages})
    assert found["compile"] == {"runs": 4, "each": 0.25, "share": 0.25, "per_hour": 14400}
    assert found["xml"]["share"] == 0.75


def test_a_search_that_is_there_is_looked_at(tmp_path, idle_plan):
    search(idle_plan, folder=tmp_path / "s", candidates=6, workers=1)
    assert of(tmp_path / "s")["candidates"] == 6
