"""SIGKILL at every call that changes the file system, and at random times: see tests/faults.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults import STORIES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills by signal")
FAULTS = Path(__file__).parents[1] / "faults.py"


def kills(story: str, folder: Path) -> int:
    command = [sys.executable, str(FAULTS), story, str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300)
    *defects, last = told.stdout.splitlines() or [""]
    assert not defects and not told.stderr, "\n".join([*defects, last, told.stderr])
    return int(last)


@pytest.mark.parametrize("story", STORIES)
def test_a_killed_run_still_opens_wherever_it_was_killed(story, tmp_path):
    assert kills(story, tmp_path) >= 20


def test_a_run_killed_at_random_times_loses_no_row_up_to_its_checkpoint(tmp_path):
    assert kills("random", tmp_path) == 40
