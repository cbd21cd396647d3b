"""`elman search`, `resume`, `cell RUN:ID` from end to end, on the smallest budgets there are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elman.cli import _searching, main
from elman.equations import Cell
from elman.search.plan import Plan
from elman.search.start import search

SMALL = ["--budget", "64", "--test", "64", "--settings", "1", "--tasks", "parity", "--workers", "1",
         "--parameters", "1000", "--fresh", "1"]  # fmt: skip


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = main(words)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def found(tmp_path):
    plan = Plan(evaluate="elman.search.idle:evaluate", fresh=1, winners=1)
    return search(plan, folder=tmp_path / "found", candidates=40, workers=1)


def test_a_search_answers_in_json_and_goes_on(call):
    status, out, err = call("search", "--run", "s", "--candidates", "3", "--json", *SMALL)
    assert status == 0, err
    report = json.loads(out)
    assert out.count("\n") == 1
    assert report["candidates"] == 3
    assert {"seconds", "passed_memorisation", "best", "control"} <= set(report)
    assert {"text", "score"} <= set(report["best"])
    Cell(report["best"]["text"])

    for words in (["search", "--resume", "--run", "s"], ["resume", "s"]):
        status, out, err = call(*words, "--candidates", "4", "--json")
        assert status == 0, err
        assert json.loads(out)["candidates"] == 4


def test_a_person_reads_the_best_cell_and_the_verdict(call, found):
    status, out, _ = call("resume", "found", "--candidates", "40")
    assert status == 0
    assert "40 candidates in" in out
    assert "evolution" in out and "control" in out
    assert found.report["verdict"] in out.replace("\n", " ")
    assert f"elman cell found:{found.report['best']['cell']} > mine.eq" in out


def test_a_cell_of_a_search_trains_like_any(call, found):
    number = found.report["best"]["cell"]
    status, out, _ = call("cell", f"found:{number}")
    assert status == 0
    Path("mine.eq").write_text(out)
    cell = Cell.read("mine.eq")
    assert f"# Cell {number} of the search found" in out
    assert cell.step.states
    status, out, _ = call("cell", "mine.eq", "--show", "latex")
    assert status == 0
    status, out, err = call("cell", "found:4000")
    assert status == 1
    assert "found has no cell 4000" in err


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    words = [sys.executable, "-m", "elman", "search", "--run", "s", "--minutes", "5", *SMALL]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "s" / "search.sqlite").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "go on with: elman search --resume --run s" in err


def test_wrong_wishes_get_a_sentence(call, found):
    status, _, err = call("search", "--tasks", "sums", "--candidates", "3")
    assert status == 1
    assert "there is no exercise 'sums'" in err
    status, _, err = call("search", "--budget", "3", "--candidates", "3")
    assert status == 1
    assert "a budget is at least 32 examples, not 3" in err
    status, _, err = call("search", "--run", "found", "--candidates", "3")
    assert status == 1
    assert "exists and is not empty" in err


@pytest.mark.parametrize("wish", ["minutes", "candidates", "workers"])
def test_none_at_all_is_no_search(call, wish):
    for number in ("0", "-1"):
        status, _, err = call("search", f"--{wish}", number, "--run", "none")
        assert status == 1 and err == (
            f"elman: --{wish} must be above 0, not {number}: left out, it is chosen\n"
        )
    assert not Path("none").exists()


def test_the_latest_search_is_found_among_other_runs(call, found, monkeypatch):
    Path("runs").mkdir()
    Path("found").rename("runs/found")
    assert str(_searching._latest("latest")) == "runs/found"
    assert _searching._latest("runs/found") == "runs/found"


def test_the_live_table_shows_the_best_and_what_changed(found):
    from elman.search.drive import Drive, End
    from elman.search.journal import Journal

    journal = Journal.open(found.folder)
    progress = Drive(journal, None, 1, End(), lambda progress: None).progress
    table = _searching.table(progress)
    journal.close()
    assert table.row_count > 1
    assert "40 candidates" in table.title
    assert next(iter(table.columns[2].cells)) == f"{found.report['best']['score']:.3f}"
