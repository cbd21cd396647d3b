from __future__ import annotations

import pytest

from elman.runs import disk
from faults import Faults


def test_a_new_file_never_lands_on_another(tmp_path):
    path = tmp_path / "a"
    disk.write_new(path, b"first")
    with pytest.raises(FileExistsError):
        disk.write_new(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_replaced_file_is_old_or_new_whatever_fails(tmp_path):
    path = tmp_path / "a"
    with Faults(0, "none") as faults:
        disk.replace(path, b"old")
    assert faults.names == ["open", "write", "fsync", "replace", "open", "fsync"]
    for at in range(1, len(faults.names) + 1):
        disk.replace(path, b"old")
        with pytest.raises(OSError), Faults(at, "error"):
            disk.replace(path, b"new")
        assert path.read_bytes() == (b"new" if at > 4 else b"old")
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("size", [0, 1, 100, 200_000])
@pytest.mark.parametrize("before", [b"", b"{}\n", b"{}\n" * 50_000])
def test_a_torn_line_is_cut_off_before_the_next(size, before, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(before + b"x" * size)
    disk.append(path, b"next\n")
    assert path.read_bytes() == before + b"next\n"


@pytest.mark.parametrize("way", ["error", "half"])
def test_a_line_that_does_not_fit_leaves_the_file_as_it_was(way, tmp_path):
    path = tmp_path / "a"
    disk.append(path, b"first\n")
    with pytest.raises(OSError), Faults(2, way):
        disk.append(path, b"second\n")
    assert path.read_bytes() == b"first\n"
    disk.append(path, b"third\n")
    assert path.read_bytes() == b"first\nthird\n"


def test_syncing_what_is_not_there_is_nothing(tmp_path):
    disk.sync(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_sweeping_removes_what_killed_writers_left_and_nothing_else(tmp_path):
    kept = tmp_path / "a.tmp"
    kept.write_text("a person's own")
    disk.beside(kept).write_text("half")
    left = disk.beside(tmp_path / "001000")
    left.mkdir()
    (left / "model.safetensors").write_text("half")
    disk.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
