from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest

from elman.errors import RunError
from elman.runs.checkpoints import Checkpoints
from faults import Faults, is_whole, save


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def names(checkpoints: Checkpoints) -> list[str]:
    return sorted(path.name for path in checkpoints.paths.folder.iterdir())


def test_the_last_two_and_the_best_stay(checkpoints):
    for step, score in enumerate([5, 3, 1, 2, 2, 4, 1], start=1):
        save(checkpoints, step * 100, score)
    assert names(checkpoints) == ["000300", "000600", "000700", "pointers.json"]
    assert json.loads(checkpoints.paths.pointers.read_text()) == {
        "last": 700,
        "best": 300,
        "best_score": 1,
    }
    assert (checkpoints.best().step, checkpoints.latest().step) == (300, 700)


def test_without_scores_the_best_is_the_latest(checkpoints):
    for step in (1, 2, 3):
        save(checkpoints, step)
    assert checkpoints.best().step == 3
    assert names(checkpoints) == ["000002", "000003", "pointers.json"]


def test_steps_beyond_six_digits_are_in_order(checkpoints):
    for step in (999_999, 1_000_000):
        save(checkpoints, step)
    assert [c.step for c in checkpoints.all()] == [999_999, 1_000_000]


def test_without_checkpoints_there_is_nothing(checkpoints):
    assert checkpoints.latest() is None and checkpoints.best() is None and not checkpoints.all()


@pytest.mark.parametrize("lost", ["pointers.json", "nothing"])
def test_the_pointers_are_only_a_copy(lost, checkpoints):
    save(checkpoints, 1, 1.0)
    save(checkpoints, 2, 2.0)
    if lost == "pointers.json":
        checkpoints.paths.pointers.unlink()
    else:
        checkpoints.paths.pointers.write_bytes(b"\0\0\0")
    save(checkpoints, 3, 3.0)
    save(checkpoints, 4, 4.0)
    assert checkpoints.best().step == 1
    assert names(checkpoints) == ["000001", "000003", "000004", "pointers.json"]


FILES = ["model.safetensors", "training.safetensors", "training.json", "checksums.json"]


@pytest.mark.parametrize("name", FILES)
def test_one_wrong_bit_anywhere_and_the_one_before_is_used(name, checkpoints, rng):
    save(checkpoints, 1)
    save(checkpoints, 2)
    path = checkpoints.paths.at(2) / name
    whole = path.read_bytes()
    places = rng.choice(len(whole) * 8, min(100, len(whole) * 8), replace=False)
    unseen = 0
    for place in places.tolist():
        raw = bytearray(whole)
        raw[place // 8] ^= 1 << place % 8
        path.write_bytes(raw)
        found = checkpoints.latest()
        if found.step == 2:  # the seal has names and spaces whose change says nothing wrong
            unseen += 1
            is_whole(checkpoints, {2})
        else:
            assert len(checkpoints.skipped) == 1
    assert unseen == 0 or name == "checksums.json"
    path.write_bytes(whole)
    is_whole(checkpoints, {2})


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("left", ["nothing", "a byte", "half", "no file"])
def test_a_cut_or_missing_file_and_the_one_before_is_used(name, left, checkpoints):
    save(checkpoints, 1, 2.0)
    save(checkpoints, 2, 1.0)
    path = checkpoints.paths.at(2) / name
    raw = path.read_bytes()
    path.write_bytes(raw[: {"a byte": 1, "half": len(raw) // 2}.get(left, 0)])
    if left == "no file":
        path.unlink()
    assert checkpoints.latest().step == 1
    (note,) = checkpoints.skipped
    assert note.startswith(f"the checkpoint {path.parent} is damaged ({name} ")
    assert checkpoints.best().step == 1
    assert checkpoints.skipped == [note] or name == "checksums.json"


def test_a_checkpoint_of_a_newer_elman_is_said_to_be_that(checkpoints):
    save(checkpoints, 1)
    seal = checkpoints.paths.at(1) / "checksums.json"
    seal.write_text(seal.read_text().replace('"format": 1', '"format": 2'))
    assert checkpoints.latest() is None
    assert checkpoints.skipped == [
        f"{seal.parent} was written by a newer Elman: update this one to read it"
    ]


def test_a_checkpoint_under_another_step_is_not_taken_for_it(checkpoints):
    save(checkpoints, 1)
    checkpoints.paths.at(1).rename(checkpoints.paths.at(9))
    assert checkpoints.latest() is None


def test_another_course_forgets_the_steps_ahead(checkpoints):
    for step, score in ((1, 3.0), (2, 2.0), (3, 1.0)):
        save(checkpoints, step, score)
    checkpoints.forget_after(2)
    assert names(checkpoints) == ["000002", "pointers.json"]
    assert json.loads(checkpoints.paths.pointers.read_text())["best"] == 2
    checkpoints.forget_after(0)
    assert names(checkpoints) == ["pointers.json"]
    assert checkpoints.latest() is None


def calls_of_a_save(tmp_path) -> list[str]:
    checkpoints = Checkpoints(tmp_path / "dry")
    for step in (1, 2, 3):
        save(checkpoints, step)
    with Faults(0, "none") as faults:
        save(checkpoints, 4)
    return faults.names


def test_the_order_of_a_save(tmp_path):
    """Each file is synced after it is written; renames only after that; deletions at the end."""
    four_files = ["mkdir", *["open", "write", "fsync"] * 4]
    in_place = ["open", "fsync", "rename", "open", "fsync"]
    pointers = ["open", "write", "fsync", "replace", "open", "fsync"]
    calls = calls_of_a_save(tmp_path)
    if calls[0:2] == ["mkdir", "mkdir"]:
        calls = calls[1:]  # the folder of all of them, which is there
    done = [*four_files, *in_place, *pointers]
    assert calls[: len(done)] == done
    assert calls[len(done)] == "rename"  # what is deleted first loses its name
    assert {*calls[len(done) + 1 :]} <= {"open", "unlink", "rmdir"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_failing_disk_leaves_the_last_checkpoint_at_every_call(code, tmp_path):
    for at in range(1, len(calls_of_a_save(tmp_path)) + 1):
        checkpoints = Checkpoints(tmp_path / f"{code}-{at}")
        for step in (1, 2, 3):
            save(checkpoints, step)
        try:
            with Faults(at, "error", code):
                save(checkpoints, 4)
        except RunError as error:
            assert "step 4 could not be saved" in str(error) and os.strerror(code) in str(error)
            is_whole(checkpoints, {3, 4})
        else:
            is_whole(checkpoints, {4})
        save(checkpoints, 5)
        is_whole(checkpoints, {5})
        assert names(checkpoints) == ["000004", "000005", "pointers.json"] or (
            names(checkpoints) == ["000003", "000005", "pointers.json"]
        )


def test_a_full_disk_gets_one_sentence(checkpoints):
    save(checkpoints, 1)
    with pytest.raises(RunError) as caught, Faults(3, "error"):
        save(checkpoints, 2)
    assert str(caught.value) == (
        f"step 2 could not be saved in {checkpoints.paths.folder} (0.0 MB; "
        "No space left on device), earlier checkpoints are untouched: make room "
        "there and check its permissions, then resume the run"
    )
    assert names(checkpoints) == ["000001", "pointers.json"]


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from elman.errors import RunError
from elman.runs import Checkpoints
from faults import is_whole, save

checkpoints = Checkpoints(Path(sys.argv[1]))
save(checkpoints, 1)
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, most))
try:
    checkpoints.save(2, {"W": np.ones(10_000)}, {}, {"step": 2})
except RunError as error:
    print(error)
is_whole(checkpoints, {1})
print(sorted(path.name for path in checkpoints.paths.folder.iterdir()))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
save(checkpoints, 2)
is_whole(checkpoints, {2})
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of a file")
def test_a_quota_of_the_system_leaves_the_last_checkpoint(tmp_path, pytestconfig):
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(pytestconfig.rootpath / "tests")},
    )
    assert told.stderr == ""
    sentence, left = told.stdout.splitlines()
    assert "step 2 could not be saved" in sentence and "File too large" in sentence
    assert left == "['000001', 'pointers.json']"
