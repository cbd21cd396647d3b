"""A folder of runs as a person has it: some done, one failed, one being written, a search; and a
folder of runs of the other tasks.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from elman import api
from elman.runs import RunWriter
from elman.viewer import Home, make_app
from searches import kept
from viewer_asking import HOST, TOKEN, ask
from viewer_tasks import look_with_eye, train_all
from zoo import ROOT

STORY = "Traceback (most recent call last):\n  ...\nelman.errors.RunError: the disk is full"


def learned_text() -> str:
    """Python that may be shown: Elman's own."""
    files = sorted((ROOT / "src" / "elman" / "training").glob("*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in files)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    text = tmp_path_factory.mktemp("text") / "elman.txt"
    text.write_text(learned_text(), encoding="utf-8")
    for cell, hidden in (("lstm", 24), ("rnn", 16)):
        api.train(
            text, steps=40, folder=place / f"good-{cell}", cell=cell, hidden=hidden, layers=1,
            batch=8, window=32, embedding=8, log_every=5, looks=4,
        )  # fmt: skip
    failed = writer(place / "group" / "failed")
    failed.log(5, loss=3.0, norm=2.0, lr=0.1)
    failed.fail(STORY)
    writing(place)
    kept(place / "evolved")
    return place


def writer(folder: Path) -> RunWriter:
    """A run of which only the beginning is there."""
    config = {
        "task": "text",
        "data": {"data": "made up", "sha256": "0" * 64, "include": []},
        "model": {"cell": "gru", "hidden": 8, "layers": 2},
        "training": {"clip": 1.0, "steps": 100},
    }
    equations = "h' = tanh(W x + U h + b)"
    return RunWriter.create(
        "text", "gru", config=config, equations=equations, seed=0, folder=folder
    )


def writing(place: Path) -> RunWriter:
    """A run that this process is writing."""
    run = writer(place / "writing")
    for step in range(1, 4):
        run.log(step * 10, loss=3.0 / step, norm=0.5 * step, lr=0.01, seconds=step)
    run.beat(steps=30, seconds=3.0, val_loss=None)
    return run


@pytest.fixture(scope="session")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with `runs` of the other tasks, their `data` and a `cache`."""
    place = tmp_path_factory.mktemp("tasks")
    (place / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        look_with_eye(patch, place / "cache")
        train_all(place / "runs", place / "data")
    return place


@pytest.fixture
def of_tasks(tasks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs of the other tasks, while pictures are looked at as in their training."""
    look_with_eye(monkeypatch, tasks / "cache")
    return tasks / "runs"


@pytest.fixture(scope="session")
def tasks_home(tasks: Path) -> Home:
    return Home(tasks / "runs", api.open_run)


@pytest.fixture
def asked_of_tasks(of_tasks: Path, tasks_home: Home):
    """As `asked`, over the runs of the other tasks."""
    return functools.partial(ask, make_app(tasks_home, TOKEN, [HOST]))


@pytest.fixture(scope="session")
def home(folder: Path) -> Home:
    return Home(folder, api.open_run)


@pytest.fixture(scope="session")
def app(home: Home):
    return make_app(home, TOKEN, [HOST, "localhost:8000"])


@pytest.fixture(scope="session")
def asked(app):
    """`asked(address, method, body, token=..., header=...)`: what the viewer says."""
    return functools.partial(ask, app)
