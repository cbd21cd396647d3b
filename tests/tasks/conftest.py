"""What every task is asked: whether a stopped training goes on exactly, whatever the cell."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elman import api
from elman.runs import Run
from elman.training import Silent
from elman.training.clock import Clock


class Stop(Silent):
    """Asks for an end after a number of steps, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self.after = after

    def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
        if clock.step == self.after:
            os.kill(os.getpid(), signal.SIGINT)


def weights(folder: Path) -> str:
    found = Run(folder).checkpoints().latest().model()
    return hashlib.sha256(b"".join(found[name].tobytes() for name in sorted(found))).hexdigest()


@pytest.fixture
def goes_on(tmp_path: Path) -> Callable[..., Path]:
    """`goes_on(task, data, **options)`: a run stopped and resumed ends where one in a piece does;
    the folder of the latter comes back.
    """

    def check(task: str, data: Path, **options: Any) -> Path:
        given = {"task": task, "steps": 7, "seed": 3, "dropout": 0.2, **options}
        api.train(data, folder=tmp_path / "whole", **given)
        stopped = api.train(data, folder=tmp_path / "cut", watcher=Stop(4), **given)
        assert stopped.signal == signal.SIGINT and stopped.steps == 4
        resumed = api.resume(tmp_path / "cut")
        assert resumed is not None and resumed.steps == 7
        assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
        return tmp_path / "whole"

    return check
