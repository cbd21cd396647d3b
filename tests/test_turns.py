"""A test that is marked `alone` runs beside no other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent

MADE_UP = """
import time

import pytest


@pytest.mark.parametrize("k", range(10))
def test_beside(k, record):
    with record("beside"):
        time.sleep(0.05)


@pytest.mark.alone
@pytest.mark.parametrize("k", range(4))
def test_alone(k, record):
    with record("alone"):
        time.sleep(0.05)
"""

CONFTEST = """
import contextlib
import pathlib
import sys
import time

import pytest

sys.path.insert(0, {tests!r})
from turns import pytest_configure, pytest_runtest_protocol


@pytest.fixture
def record():
    @contextlib.contextmanager
    def during(kind):
        began = time.monotonic()
        yield
        with (pathlib.Path(__file__).parent / "log").open("a") as log:
            log.write(f"{{kind}} {{began}} {{time.monotonic()}}\\n")

    return during
"""


def overlaps(log: Path) -> set[tuple[str, str]]:
    """Kinds of tests that ran at the same time."""
    lines = [line.split() for line in log.read_text().splitlines()]
    spans = [(kind, float(began), float(ended)) for kind, began, ended in lines]
    assert len(spans) == 14
    return {
        (one[0], other[0])
        for k, one in enumerate(spans)
        for other in spans[:k]
        if one[1] < other[2] and other[1] < one[2]
    }


def test_a_test_marked_alone_runs_beside_no_other(tmp_path):
    (tmp_path / "test_made_up.py").write_text(MADE_UP)
    (tmp_path / "conftest.py").write_text(CONFTEST.format(tests=str(TESTS)))
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    kept = set(Path(tempfile.gettempdir()).glob("elman-tests-*"))
    subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "3", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        check=True,
        timeout=120,
        capture_output=True,
    )
    assert overlaps(tmp_path / "log") == {("beside", "beside")}
    assert set(Path(tempfile.gettempdir()).glob("elman-tests-*")) <= kept
