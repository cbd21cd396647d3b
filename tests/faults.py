"""A file system that fails on purpose: the n-th call that changes it fails, tears, or kills.

`Faults` replaces the functions of `os` through which every write goes. As a program,
`python tests/faults.py STORY FOLDER`, it tells a story of `STORIES` again and again, each time in
a child process that is killed one call later, and looks at what is left: a line per defect and a
last line with the number of kills. It forks, so it runs apart from the tests.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from elman.runs import Checkpoints, Run, RunWriter

CALLS = ("open", "write", "fsync", "ftruncate", "rename", "replace", "mkdir", "unlink", "rmdir")


class Faults:
    """Within `with`, call number `at` (from 1) goes wrong, the others are counted in `names`.

    The ways are `error`, an OSError with `code`; `half`, the same after half of a write; `kill`,
    SIGKILL; and `torn`, SIGKILL after half of a write.
    """

    def __init__(self, at: int, way: str, code: int = errno.ENOSPC) -> None:
        self.at, self.way, self.code = at, way, code
        self.count = 0
        self.names: list[str] = []
        self._real = {name: getattr(os, name) for name in CALLS}

    def __enter__(self) -> Faults:
        for name in CALLS:
            setattr(os, name, self._counted(name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self._real.items():
            setattr(os, name, function)

    def _counted(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            self.names.append(name)
            if self.count == self.at:
                self._go_wrong(name, arguments)
            return self._real[name](*arguments, **options)

        return call

    def _go_wrong(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self.way in ("torn", "half") and name == "write":
            descriptor, raw = arguments
            self._real["write"](descriptor, raw[: len(raw) // 2])
        if self.way in ("kill", "torn"):
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(self.code, os.strerror(self.code))


def model(step: int) -> dict[str, np.ndarray]:
    return {"W": np.full((5, 7), float(step), np.float32), "b": np.arange(step)}


def save(checkpoints: Checkpoints | RunWriter, step: int, score: float | None = None) -> None:
    checkpoints.save(step, model(step), {"m": np.full(3, step / 7)}, {"step": step}, score)


def is_whole(checkpoints: Checkpoints, steps: set[int]) -> None:
    """The newest checkpoint is one of `steps` and holds what was saved then."""
    latest = checkpoints.latest()
    assert latest is not None and latest.step in steps, f"latest: {latest}"
    assert not checkpoints.skipped, checkpoints.skipped
    assert latest.facts() == {"step": latest.step}
    for name, array in model(latest.step).items():
        assert np.array_equal(latest.model()[name], array)


def new_run(folder: Path) -> RunWriter:
    config = {"task": "text", "train": {"lr": 0.002}}
    return RunWriter.create(
        "text", "lstm", config=config, equations="h' = x", seed=7, folder=folder
    )


def nothing(folder: Path) -> None:
    pass


def three_checkpoints(folder: Path) -> None:
    run = new_run(folder / "run")
    for step, score in ((1, 1.0), (2, 2.0), (3, 3.0)):
        run.log(step, loss=1 / step)
        save(run, step, score)


def save_a_fourth(folder: Path) -> None:
    save(Run(folder / "run").checkpoints(), 4, 0.5)


def three_or_four(folder: Path, done: bool) -> None:
    checkpoints = Run(folder / "run").checkpoints()
    is_whole(checkpoints, {4} if done else {3, 4})
    best = checkpoints.best()
    assert best is not None and best.step in (1, 4)
    save(checkpoints, 5, 4.0)  # the next writer is not hindered, and cleans up
    is_whole(checkpoints, {5})
    assert not list(checkpoints.paths.folder.glob(".*"))


def save_the_third_again(folder: Path) -> None:
    three = {"step": 3}
    Run(folder / "run").checkpoints().save(3, model(3), {"m": np.zeros(9)}, three, score=0.1)


def third_old_or_new(folder: Path, done: bool) -> None:
    checkpoints = Run(folder / "run").checkpoints()
    is_whole(checkpoints, {3})
    latest = checkpoints.latest()
    assert latest is not None and len(latest.training()["m"]) in ((9,) if done else (3, 9))
    save(checkpoints, 3, 0.1)
    is_whole(checkpoints, {3})
    assert not list(checkpoints.paths.folder.glob(".*"))


def create(folder: Path) -> None:
    new_run(folder / "run")


def no_run_or_a_whole_one(folder: Path, done: bool) -> None:
    run = Run(folder / "run")
    if run.facts():
        assert run.config()["train"] == {"lr": 0.002} and run.equations() == "h' = x"
    assert run.status() == ("interrupted" if run.facts() else "unknown")
    assert not done or run.facts()


def log_and_beat(folder: Path) -> None:
    run = RunWriter(folder / "run", Run(folder / "run").facts())
    for step in range(4, 8):
        run.log(step, loss=1 / step)
        run.beat(step=step)
    run.finish("done", step=7)


def rows_without_gaps(folder: Path, done: bool) -> None:
    run = Run(folder / "run")
    steps = [row["step"] for row in run.metrics()]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 3
    assert run.status() == ("done" if done else run.status())
    assert run.status() in ("interrupted", "done")
    RunWriter(folder / "run", run.facts()).log(99)
    assert [row["step"] for row in run.metrics()] == [*steps, 99]


def go_back(folder: Path) -> None:
    RunWriter.reopen(folder / "run", after=2)


def back_or_not(folder: Path, done: bool) -> None:
    run = Run(folder / "run")
    is_whole(run.checkpoints(), {2} if done else {2, 3})
    go_back(folder)
    is_whole(run.checkpoints(), {2})
    assert [row["step"] for row in run.metrics()] == [1, 2]


Story = tuple[Callable[[Path], None], Callable[[Path], None], Callable[[Path, bool], None]]
STORIES: dict[str, Story] = {
    "save": (three_checkpoints, save_a_fourth, three_or_four),
    "save again": (three_checkpoints, save_the_third_again, third_old_or_new),
    "create": (nothing, create, no_run_or_a_whole_one),
    "log": (three_checkpoints, log_and_beat, rows_without_gaps),
    "go back": (three_checkpoints, go_back, back_or_not),
}


def in_a_child(act: Callable[[], None]) -> int:
    """Start `act` in a child; the pid."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return pid


def prepare(folder: Path, before: Callable[[Path], None]) -> None:
    """In a child of its own, so that the writer that the folder names is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    pid = in_a_child(lambda: before(folder))
    assert os.waitpid(pid, 0)[1] == 0


def kill_at_every_call(story: str, folder: Path) -> int:
    before, during, after = STORIES[story]
    prepare(folder / "start", before)
    kills = 0
    for way in ("kill", "torn"):
        for at in range(1, 1000):
            here = folder / f"{way}-{at}"
            shutil.copytree(folder / "start", here)

            def act(at: int = at, way: str = way, here: Path = here) -> None:
                with Faults(at, way):
                    during(here)

            status = os.waitstatus_to_exitcode(os.waitpid(in_a_child(act), 0)[1])
            assert status in (0, -signal.SIGKILL), f"{way} at call {at}: exit {status}"
            look(f"{way} at call {at}", after, here, status == 0)
            if status == 0:
                break
            kills += 1
    return kills


def look(when: str, after: Callable[[Path, bool], None], here: Path, done: bool) -> None:
    try:
        after(here, done)
    except Exception as error:
        print(f"{when}: {type(error).__name__}: {error}", flush=True)


def write_on(folder: Path) -> None:
    """Train, as it were, from the latest checkpoint until killed."""
    latest = Run(folder).checkpoints().latest()
    step = latest.step if latest else 0
    run = RunWriter.reopen(folder, after=latest.step if latest else None)
    while True:
        step += 1
        run.log(step, loss=1 / step, text="x" * 3000)
        run.beat(step=step)
        if step % 3 == 0:
            save(run, step, score=1 / step)


def kill_at_random_times(folder: Path, times: int = 40) -> int:
    prepare(folder, create)
    chance, before = random.Random(20261123), 0
    for kill in range(times):
        pid = in_a_child(lambda: write_on(folder / "run"))
        time.sleep(chance.uniform(0.005, 0.06))
        os.kill(pid, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        run = Run(folder / "run")
        latest = run.checkpoints().latest()
        step = latest.step if latest else 0
        steps = [row["step"] for row in run.metrics()]
        if steps != list(range(1, len(steps) + 1)) or not before <= step <= len(steps):
            print(f"kill {kill}: {before=} {step=} {steps=}", flush=True)
        if run.status() != "interrupted" or run.checkpoints().skipped:
            print(f"kill {kill}: {run.status()} {run.checkpoints().skipped}", flush=True)
        before = step
    assert before > 0, "never got as far as a checkpoint"
    return times


if __name__ == "__main__":
    name, place = sys.argv[1], Path(sys.argv[2])
    told = kill_at_random_times(place) if name == "random" else kill_at_every_call(name, place)
    print(told)
