"""Beginning and going on: the folder says what it is, and bad wishes are refused before that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elman.errors import ConfigError, RunError
from elman.runs import find
from elman.search.read import is_search
from elman.search.start import resume, search


def test_the_folder_of_a_search_is_a_run(tmp_path, idle_plan):
    done = search(idle_plan, folder=tmp_path / "s", candidates=6, workers=1)
    run = find(tmp_path / "s")
    assert run.status() == "done"
    assert run.facts()["task"] == "search"
    assert run.facts()["progress"]["candidates"] == 6
    assert run.config()["search"]["tasks"] == list(idle_plan.tasks)
    assert run.equations().splitlines()[-1].startswith("h'")
    assert is_search(run.folder)
    assert done.folder == tmp_path / "s"
    resume(tmp_path / "s", candidates=9, workers=1)
    assert find(tmp_path / "s").facts()["progress"]["candidates"] == 9


def test_a_task_that_is_not_there_is_told_before_anything_is_made(tmp_path, idle_plan):
    with pytest.raises(ConfigError, match="there is no exercise 'sums'"):
        search(replace(idle_plan, tasks=("sums",)), folder=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_folder_in_use_is_left_alone(tmp_path, idle_plan):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(RunError, match="exists and is not empty"):
        search(idle_plan, folder=tmp_path, candidates=5)


def test_only_a_search_can_be_resumed_as_one(tmp_path):
    with pytest.raises(RunError):
        resume(tmp_path / "none")


def test_negative_ends_are_refused(tmp_path, idle_plan):
    with pytest.raises(ConfigError, match="cannot be negative"):
        search(idle_plan, folder=tmp_path / "s", minutes=-1)
