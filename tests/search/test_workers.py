"""Workers: a bad evaluation costs only itself."""

from __future__ import annotations

import os
import time
from concurrent.futures import wait

import psutil
import pytest

from elman.errors import ConfigError
from elman.search.plan import Plan
from elman.search.workers import ATTEMPTS, Child, in_child, pool


def job(function, seconds=5.0, memory=2048, **more):
    plan = Plan(evaluate=f"broken:{function}", minutes=seconds / 60, memory=memory)
    return {"text": "h' = x + h", "seed": 1, "gates": False, "plan": plan.to_json(), **more}


@pytest.fixture
def workers(broken_path):
    executor, slots = pool(2)
    assert slots == 2
    yield executor
    executor.shutdown()


def test_a_child_serves_one_job_after_another(workers):
    done = [workers.submit(in_child, job("child")).result()["pid"] for _ in range(6)]
    assert len(set(done)) <= 2
    assert os.getpid() not in done


def test_two_workers_are_two_processes(workers):
    futures = [workers.submit(in_child, job("slow")) for _ in range(4)]
    wait(futures)
    assert all(future.result()["outcome"] in ("done", "memorization") for future in futures)


def test_who_kills_every_child_is_broken_and_the_next_job_runs(workers):
    result = workers.submit(in_child, job("always")).result()
    assert result["outcome"] == "broken"
    assert result["why"] == "the child ended with status -9"
    assert result["attempts"] == ATTEMPTS
    assert workers.submit(in_child, job("child")).result()["attempts"] == 1


def test_who_hangs_is_ended(workers):
    since = time.monotonic()
    result = workers.submit(in_child, job("hang", seconds=0.3)).result()
    assert result["why"] == "no answer within 0 s"
    assert time.monotonic() - since < 60


def test_who_takes_too_much_memory_is_refused_it(workers):
    result = workers.submit(in_child, job("hungry", memory=512, seconds=60)).result()
    assert result["outcome"] == "broken"
    assert result["why"] == "it took more memory than it was given"


def test_a_child_ends_with_who_started_it(broken_path):
    child = Child("broken:child", 0)
    process = psutil.Process(child.process.pid)
    child.process.stdin.close()  # as a kill of the parent does
    assert process.wait(10) == 0
    child.close()


def test_closing_ends_children_at_once(workers):
    future = workers.submit(in_child, job("hang", seconds=1000))
    time.sleep(1)
    since = time.monotonic()
    workers.shutdown()
    assert time.monotonic() - since < 20
    assert future.exception() is not None
    assert not [p for p in psutil.Process().children() if "elman.search.child" in p.cmdline()]


def test_there_is_at_least_one_worker():
    with pytest.raises(ConfigError, match="--workers must be at least 1, not -1"):
        pool(-1)
