from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from elman.cache import cache_folder, keep, keep_folder, kept, kept_folder
from elman.errors import DataError

RAW = b"kept bytes"
SHA256 = hashlib.sha256(RAW).hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "deep" / "cache"))
    return tmp_path / "deep" / "cache"


def test_what_is_kept_is_found_by_name_and_checksum(folder):
    assert kept("a.txt", SHA256) is None
    assert keep("a.txt", RAW) == folder / "a.txt"
    assert kept("a.txt", SHA256) == RAW
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("raw", [b"", RAW[:-1], RAW + b"!", b"Kept bytes"])
def test_a_changed_file_is_not_there(raw, folder):
    keep("a.txt", raw)
    assert kept("a.txt", SHA256) is None


def test_a_full_disk_leaves_what_was_there(folder, monkeypatch):
    keep("a.txt", RAW)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError) as caught:
        keep("a.txt", b"new")
    assert str(caught.value) == (
        f"{folder / 'a.txt'} cannot be written (No space left on device): make room and check "
        "its permissions, or set ELMAN_CACHE to another folder"
    )
    assert [path.name for path in folder.iterdir()] == ["a.txt"]
    assert kept("a.txt", SHA256) == RAW


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the rule of other systems")
def test_the_folder_is_where_the_system_puts_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("ELMAN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "elman"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "elman"


def test_without_a_home_folder_one_is_asked_for(monkeypatch):
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("ELMAN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(DataError, match="set ELMAN_CACHE to a folder"):
        cache_folder()


def test_a_folder_is_found_while_every_file_is_what_it_was(folder):
    files = {"a.txt": b"one", "deep/b.txt": b"two"}
    path = keep_folder("pack", files)
    assert kept_folder("pack") == path and (path / "deep" / "b.txt").read_bytes() == b"two"
    for change in (
        lambda: (path / "a.txt").write_bytes(b"One"),
        lambda: (path / "a.txt").unlink(),
        lambda: (path / "more.txt").write_bytes(b""),
    ):
        change()
        assert kept_folder("pack") is None
        assert keep_folder("pack", files) == path == kept_folder("pack")
    newer = keep_folder("pack", {"a.txt": b"new"})
    os.utime(path, (1, 1))
    assert newer != path and kept_folder("pack") == newer and kept_folder("other") is None


def test_a_folder_that_cannot_be_written_whole_is_not_there(folder, monkeypatch):
    def full(path: Path, raw: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        keep_folder("pack", {"a.txt": b"one"})
    assert list(folder.iterdir()) == []
