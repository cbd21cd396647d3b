"""Evaluations that go wrong at random, for children that tests start: `broken:evaluate`.

What goes wrong is drawn anew at every call, so a job that is tried again ends well some time.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import time

from elman.search import idle

CHANCE = 0.03  # of each fault


def evaluate(job):
    """The figures of `idle.evaluate`, if it gets there."""
    fault = random.SystemRandom().random()
    if fault < CHANCE:
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault < 2 * CHANCE:
        ctypes.string_at(0)
    elif fault < 3 * CHANCE:
        bytearray(2**36)  # 64 GiB
    elif fault < 3.5 * CHANCE:
        time.sleep(1000)
    elif fault < 4.5 * CHANCE:
        raise ValueError("a defect")
    print("whatever is printed does not disturb the answer", flush=True)
    return idle.evaluate(job)


def always(job):
    """Never ends well."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(job):
    """Never ends."""
    time.sleep(1000)


def hungry(job):
    """Takes all the memory there is."""
    found = []
    while True:
        found.append(bytearray(2**28))


def slow(job):
    """Works for a second of pure computing, a quarter of what a real evaluation takes."""
    until = time.process_time() + 1
    while time.process_time() < until:
        pass
    return idle.evaluate(job)


def child(job):
    """Says who is at work."""
    return {"outcome": "done", "pid": os.getpid(), "argv": sys.argv}
