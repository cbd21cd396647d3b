"""Workers: evaluations in child processes, behind `concurrent.futures`.

`in_child` runs one job in this thread's own child, which is replaced when it dies, hangs or takes
too much memory. A pool of threads does that on this machine; dask's executor does the same on many.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from elman.errors import ConfigError, RunError

ATTEMPTS = 5  # a job whose children die so many times is at fault itself
START = 120.0  # seconds that a child may take to load

_mine = threading.local()
_children: set[Child] = set()
_closed = threading.Event()


class Child:
    """A process that evaluates one job after another."""

    def __init__(self, place: str, megabytes: int) -> None:
        self.kind = place, megabytes
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        environment["ELMAN_CODE_CACHE"] = "0"  # hardly a cell comes twice
        self.process = subprocess.Popen(
            [sys.executable, "-m", "elman.search.child", place, str(megabytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8", env=environment, start_new_session=True,
        )  # fmt: skip
        _children.add(self)
        self._answer(START)

    def run(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to a job; _Broken if there is none in time."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise _Broken("the child was gone") from error
        return self._answer(seconds)

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        late = threading.Event()

        def kill() -> None:
            late.set()
            self.process.kill()

        clock = threading.Timer(seconds, kill)
        clock.daemon = True
        clock.start()
        try:
            line = self.process.stdout.readline()
        except (OSError, ValueError):
            line = ""
        finally:
            clock.cancel()
        if late.is_set():
            raise _Broken(f"no answer within {seconds:.0f} s")
        if not line.endswith("\n"):
            status = self.process.wait()
            raise _Broken(f"the child ended with status {status}")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        _children.discard(self)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                assert stream is not None
                stream.close()
            except OSError:
                pass


class _Broken(Exception):
    """A child has died or was ended."""


def in_child(job: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a job, with `attempts`, the number of children it took.

    A job whose children fail again and again has the outcome `broken`, and says why.
    """
    plan, why = job["plan"], ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            child = _child(plan["evaluate"], plan["memory"])
            answer = child.run(job, plan["minutes"] * 60)
            if "result" in answer:
                return {**answer["result"], "attempts": attempt}
            why = answer["failed"]
            _end()
        except _Broken as error:
            why = str(error)
            _end()
        if _closed.is_set():
            raise RunError("the search was stopped")
    return {"outcome": "broken", "why": why, "attempts": ATTEMPTS}


def _child(place: str, megabytes: int) -> Child:
    child: Child | None = getattr(_mine, "child", None)
    if child is not None and child.kind != (place, megabytes):
        _end()
        child = None
    if child is None:
        child = _mine.child = Child(place, megabytes)
    return child


def _end() -> None:
    child: Child | None = getattr(_mine, "child", None)
    _mine.child = None
    if child is not None:
        child.close()


class Pool(ThreadPoolExecutor):
    """Children on this machine, one for each worker."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, thread_name_prefix="elman-search")
        _closed.clear()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the children at once, whatever they are at: their turns will be run again."""
        _closed.set()
        for child in list(_children):
            child.process.kill()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)
        for child in list(_children):
            child.close()


def pool(workers: int, dask: str | None = None) -> tuple[Executor, int]:
    """An executor and how many jobs it runs at once. `dask` is the address of a scheduler, or
    `local` for a cluster of `workers` processes on this machine.
    """
    if workers < 1:
        raise ConfigError(f"--workers must be at least 1, not {workers}")
    if dask is None:
        return Pool(workers), workers
    if importlib.util.find_spec("distributed") is None:
        raise ConfigError("--dask needs dask: pip install 'elman[search]'")
    from elman.search.cluster import executor

    return executor(dask, workers)
