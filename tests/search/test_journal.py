"""The journal: all or nothing, one writer, and readers at any time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap

import pytest

from elman.errors import RunError
from elman.search.journal import Journal
from elman.search.plan import Plan
from elman.search.read import FILE, Candidate, Fresh, SearchRun


def turn(number, **more):
    text, mark = f"h' = x + {number} * h", f"f{number}"
    parents, changes = (number - 1,), ("a -> b",)
    return Candidate(number, "evolution", "mutation", number, text, mark, parents, changes, **more)


def done(number):
    return turn(number, outcome="done", memorization=1.0, score=0.5, attempts=1, finished=1.5,
                result={"outcome": "done", "tasks": {"xml": {"best": 0.5}}})  # fmt: skip


def test_what_was_written_is_read_again(tmp_path):
    journal = Journal.create(tmp_path, Plan(seed=9))
    journal.write([], [turn(0), turn(1)])
    journal.write([done(0)], [turn(2)])
    journal.write_fresh(Fresh(0, 0, 0.75, {"a": 1}))
    search = SearchRun.find(tmp_path)
    assert search.candidates() == [done(0), turn(1), turn(2)]
    assert search.candidates(after=1) == [turn(2)]
    assert search.fresh() == [Fresh(0, 0, 0.75, {"a": 1})]
    assert search.plan().seed == 9
    journal.close()


def test_a_transaction_that_cannot_be_finished_leaves_nothing(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    journal.write([], [turn(0)])
    with pytest.raises(RunError, match="cannot be written"):
        journal.write([done(0)], [turn(1), turn(1)])
    assert SearchRun(tmp_path).candidates() == [turn(0)]
    journal.write([done(0)], [turn(1)])
    with pytest.raises(RunError, match="UNIQUE"):
        journal.write([done(0)], [])  # no turn is ever recorded twice
    journal.close()


def test_a_result_needs_its_turn(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    with pytest.raises(RunError, match="FOREIGN KEY"):
        journal.write([done(5)], [])
    journal.close()


def test_numbers_that_json_has_not_become_null(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    result = {"loss": float("nan"), "all": [float("inf"), 1.0]}
    one = turn(0, outcome="done", attempts=1, finished=0.0, result=result)
    journal.write([one], [turn(0)])
    assert SearchRun(tmp_path).candidates()[0].result == {"loss": None, "all": [None, 1.0]}
    journal.close()


def test_a_second_writer_is_refused_at_once_and_let_in_after_a_kill(tmp_path):
    code = f"""
        import sys, time
        from pathlib import Path
        from elman.search.journal import Journal
        from elman.search.plan import Plan
        journal = Journal.create(Path({str(tmp_path)!r}), Plan())
        print("held", flush=True)
        time.sleep(100)
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(RunError, match="is being searched by another process"):
        Journal.open(tmp_path)
    other.kill()
    other.wait()
    other.stdout.close()
    Journal.open(tmp_path).close()


def test_every_commit_reaches_the_disk(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    assert journal._connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert journal._connection.execute("pragma synchronous").fetchone() == (2,)  # full
    journal.close()


def test_a_closed_journal_is_one_file(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    journal.write([], [turn(0)])
    journal.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".search.lock", FILE]


def test_the_seconds_of_all_sittings_add_up(tmp_path):
    journal = Journal.create(tmp_path, Plan())
    journal._since -= 10
    journal.write([], [])
    journal.close()
    again = Journal.open(tmp_path)
    assert again.seconds >= 10
    again.close()


def test_a_journal_of_another_version_is_left_alone(tmp_path):
    Journal.create(tmp_path, Plan()).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("update facts set value = '99' where key = 'format'")
    connection.close()
    with pytest.raises(RunError, match="another version of Elman"):
        Journal.open(tmp_path)


def test_a_folder_without_a_search_is_named(tmp_path):
    with pytest.raises(RunError):
        SearchRun.find(tmp_path)
