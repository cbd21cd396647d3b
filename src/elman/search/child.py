"""The process that evaluates: `python -m elman.search.child MODULE:FUNCTION MEGABYTES`.

A line of JSON in is a job, a line out is its result. It ends when the process that started it is
gone, and gets no more memory than it was given.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from typing import IO, Any

try:
    import resource
except ImportError:  # Windows
    resource = None

READY = "ready"


def main() -> None:
    """Serve jobs until standard input ends."""
    place, megabytes = sys.argv[1], int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints must not speak in between
    module, _, name = place.partition(":")
    evaluate = getattr(importlib.import_module(module), name)
    _limit(megabytes)
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    _say(answers, {READY: os.getpid()})
    while True:
        job = json.loads(jobs.get())
        # a child that hangs in machine code, orphaned, is ended by a clock that needs no Python
        faulthandler.dump_traceback_later(job["plan"]["minutes"] * 60 + 30, exit=True)
        try:
            answer = {"result": evaluate(job)}
        except MemoryError:
            answer = {"failed": "it took more memory than it was given"}
        except Exception:
            answer = {"failed": traceback.format_exc(limit=-6)}
        faulthandler.cancel_dump_traceback_later()
        _say(answers, answer)


def _read(jobs: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        jobs.put(line)
    os._exit(0)  # nobody is left to answer


def _say(answers: IO[str], value: Any) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def _limit(megabytes: int) -> None:
    """So much address space more than what loading has taken."""
    if resource is None or not sys.platform.startswith("linux") or not megabytes:
        return
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        taken = int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    most = taken + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
