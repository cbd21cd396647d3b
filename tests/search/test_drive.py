"""Searches that are disturbed in every way end as the quiet one does."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from elman.errors import RunError
from elman.search import workers
from elman.search.drive import Drive, End, Progress
from elman.search.journal import Journal
from elman.search.plan import Plan
from elman.search.read import FILE, SearchRun
from elman.search.start import resume, search
from elman.search.workers import pool
from searches import rows

HERE = Path(__file__).parent


def quiet(plan, folder, candidates, **more):
    return search(plan, folder=folder, candidates=candidates, **{"workers": 1, **more})


def check_whole(folder):
    """Every turn there once, none lost among them, and the file sound."""
    found = SearchRun(folder).candidates()
    assert [one.turn for one in found] == list(range(len(found)))
    with sqlite3.connect(folder / FILE) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    return found


def test_two_workers_find_what_one_finds(tmp_path, idle_plan):
    one = quiet(idle_plan, tmp_path / "one", 60)
    two = quiet(idle_plan, tmp_path / "two", 60, workers=2)
    assert one.report["candidates"] == two.report["candidates"] == 60
    left, right = rows(SearchRun(one.folder)), rows(SearchRun(two.folder))
    assert left == right
    assert not one.stopped


def test_another_seed_finds_other_cells(tmp_path, idle_plan):
    quiet(idle_plan, tmp_path / "one", 20)
    quiet(replace(idle_plan, seed=1), tmp_path / "two", 20)
    texts = [{row[4] for row in rows(SearchRun(tmp_path / name))} for name in ("one", "two")]
    assert len(texts[0] & texts[1]) < 8


def test_a_search_in_parts_is_that_in_one(tmp_path, idle_plan):
    quiet(idle_plan, tmp_path / "whole", 40)
    quiet(idle_plan, tmp_path / "parts", 13)
    for candidates in (14, 30, 40):
        report = resume(tmp_path / "parts", candidates=candidates, workers=2).report
        assert report["candidates"] == candidates
    whole, parts = (rows(SearchRun(tmp_path / name)) for name in ("whole", "parts"))
    assert parts[: len(whole)] == whole


def test_a_search_that_has_enough_runs_nothing_more(tmp_path, idle_plan):
    quiet(idle_plan, tmp_path / "s", 10)
    before = (tmp_path / "s" / FILE).stat().st_size
    again = resume(tmp_path / "s", candidates=10, workers=1)
    assert again.report["candidates"] == 10
    assert (tmp_path / "s" / FILE).stat().st_size == before


def disturbed(plan, folder, candidates, pause):
    """A search whose children fail at random and are killed from outside as well."""
    over = threading.Event()

    def kill():
        while not over.wait(random.random() * pause):
            for child in list(workers._children)[:1]:
                child.process.send_signal(random.choice([signal.SIGKILL, signal.SIGSEGV]))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return quiet(plan, folder, candidates, workers=2)
    finally:
        over.set()
        killer.join()


def chaos(tmp_path, plan, candidates, pause):
    quiet(plan, tmp_path / "quiet", candidates)
    broken = replace(plan, evaluate="broken:evaluate", minutes=1.5 / 60, memory=1024)
    disturbed(broken, tmp_path / "chaos", candidates, pause)
    found = check_whole(tmp_path / "chaos")
    attempts = Counter(one.attempts for one in found)
    assert max(attempts) > 1, "nothing was disturbed"
    left, right = (rows(SearchRun(tmp_path / name)) for name in ("quiet", "chaos"))
    assert left == right
    return attempts


def test_whatever_befalls_workers_changes_no_result(tmp_path, idle_plan, broken_path):
    chaos(tmp_path, idle_plan, 40, 3.0)


@pytest.mark.prove
def test_whatever_befalls_workers_changes_no_result_300_times(tmp_path, idle_plan, broken_path):
    print(chaos(tmp_path, idle_plan, 300, 2.0))


SCRIPT = """
    import sys
    from pathlib import Path
    from elman.search.plan import Plan
    from elman.search.read import is_search
    from elman.search.start import resume, search
    folder, candidates = Path(sys.argv[1]), int(sys.argv[2])
    if is_search(folder):
        resume(folder, candidates=candidates, workers=2)
    else:
        plan = Plan(evaluate="elman.search.idle:evaluate", fresh=1, winners=1, lag=8)
        search(plan, folder=folder, candidates=candidates, workers=2)
"""


def coordinator(folder, candidates, **more):
    words = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(candidates)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, **more)


def killed(tmp_path, plan, times, candidates):
    """Kill the coordinator again and again; the last one is left to finish."""
    kills, folder = 0, tmp_path / "killed"
    while kills < times:
        process = coordinator(folder, candidates)
        time.sleep(1.0 + random.random() * 1.5)
        if process.poll() is None:
            kills += 1
            process.kill()
        process.communicate()
        if folder.exists() and not (folder / FILE).exists():
            assert not any(p.name == FILE for p in folder.iterdir())
            for path in folder.iterdir():  # killed before there was a search
                path.unlink()
            continue
        if folder.exists():
            done = [one for one in check_whole(folder) if one.outcome]
            if len(done) >= candidates:  # too quick: go on with a longer search
                candidates += 30
    process = coordinator(folder, candidates)
    assert process.wait(300) == 0, process.communicate()
    process.stderr.close()
    whole = rows(SearchRun(quiet(plan, tmp_path / "quiet", candidates).folder))
    check_whole(folder)
    assert rows(SearchRun(folder))[: len(whole)] == whole


def test_a_killed_coordinator_loses_and_repeats_nothing(tmp_path, idle_plan):
    killed(tmp_path, idle_plan, 3, 120)


@pytest.mark.prove
def test_a_coordinator_killed_100_times_loses_and_repeats_nothing(tmp_path, idle_plan):
    killed(tmp_path, idle_plan, 100, 3000)


def test_on_a_full_disk_what_was_recorded_stays_and_the_search_goes_on_later(tmp_path, idle_plan):
    folder = tmp_path / "full"

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    process = coordinator(folder, 400, preexec_fn=small)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "cannot be written" in said
    assert "elman search --resume" in said
    found = check_whole(folder)
    recorded = [one.turn for one in found if one.outcome]
    assert len(recorded) > 5
    resume(folder, candidates=120, workers=2)
    quiet(idle_plan, tmp_path / "quiet", 120)
    whole = rows(SearchRun(tmp_path / "quiet"))
    check_whole(folder)
    assert rows(SearchRun(folder))[: len(whole)] == whole


def test_a_wish_to_stop_is_heard_and_nothing_is_lost(tmp_path, idle_plan):
    seen = []

    def watch(progress: Progress):
        seen.append(progress.counted)

    stopped = quiet(idle_plan, tmp_path / "s", 0, minutes=5, watch=watch,
                    stopped=lambda: bool(seen) and seen[-1] >= 10)  # fmt: skip
    assert stopped.stopped
    found = check_whole(tmp_path / "s")
    assert sum(one.counts for one in found) >= 10
    assert resume(tmp_path / "s", candidates=30, workers=1).report["candidates"] == 30


def test_an_executor_that_loses_everything_is_given_up(tmp_path, idle_plan):
    journal = Journal.create(tmp_path, idle_plan)
    executor, slots = pool(1)

    class Lossy:
        def submit(self, function, job):
            future = executor.submit(lambda: 1 / 0)
            return future

    drive = Drive(journal, Lossy(), slots, End(candidates=5), lambda progress: None)
    with pytest.raises(RunError, match=r"the workers cannot be reached \(ZeroDivisionError"):
        drive.search()
    executor.shutdown()
    journal.close()


def test_minutes_end_a_search(tmp_path, idle_plan):
    since = time.monotonic()
    done = search(idle_plan, folder=tmp_path / "s", minutes=0.05, workers=1)
    assert time.monotonic() - since < 30
    assert done.report["candidates"] > 2
    check_whole(tmp_path / "s")


@pytest.mark.prove
@pytest.mark.alone
def test_ten_thousand_turns_without_training_take_less_than_two_minutes(tmp_path):
    plan = Plan(evaluate="elman.search.idle:evaluate", fresh=0)
    since = time.monotonic()
    done = search(plan, folder=tmp_path / "s", candidates=10_000, workers=1)
    seconds = time.monotonic() - since
    print(f"{seconds:.0f} s, {done.overhead * 1000:.1f} ms a turn")
    assert done.report["candidates"] == 10_000
    assert seconds < 120
    assert done.overhead < 0.010
    check_whole(tmp_path / "s")


@pytest.mark.prove
@pytest.mark.alone
def test_two_workers_do_nearly_twice_as_much(tmp_path, broken_path):
    plan = Plan(evaluate="broken:slow", fresh=0)
    rates = []
    for count in (1, 2):
        done = search(plan, folder=tmp_path / str(count), candidates=80, workers=count)
        rates.append(done.report["per_hour"])
    print(rates)
    assert rates[1] >= 1.9 * rates[0]
