"""Tests marked `alone` have the machine to themselves, also where others run side by side.

What measures time is told nothing by a machine that another test keeps busy. The processes of one
run share two locks: every test holds `room` together with the others, one that is marked holds it
alone; whoever waits for it holds `door`, so that nobody slips in before.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Turns:
    """The locks in a folder, of which every process of a run makes one."""

    def __init__(self, folder: Path) -> None:
        self._door, self._room = ((folder / name).open("w") for name in ("door", "room"))

    @contextmanager
    def turn(self, *, alone: bool) -> Generator[None]:
        """Wait until a test may run; for all others to end if it is to run alone."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            # Said outright: a process that a test forked has the same open file.
            fcntl.flock(self._room, fcntl.LOCK_UN)


KEY = pytest.StashKey[Turns]()
FOLDER = "ELMAN_TEST_TURNS"  # in the environment: where the locks of this run are


def pytest_configure(config: pytest.Config) -> None:
    """Only the processes of pytest-xdist take turns: a single one has nobody beside it."""
    if hasattr(config, "workerinput"):
        config.stash[KEY] = Turns(Path(os.environ[FOLDER]))
    else:
        folder = tempfile.TemporaryDirectory(prefix="elman-tests-")
        os.environ[FOLDER] = folder.name
        # what one process of this run has compiled, no other needs to: and no code is older
        os.environ["ELMAN_CODE_CACHE"] = str(Path(folder.name) / "code")
        config.add_cleanup(folder.cleanup)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    turns = item.config.stash.get(KEY, None)
    if turns is None:
        return (yield)
    with turns.turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)
