"""Writing so that a kill or a power cut at any moment leaves the old or the new, never a mixture.

Every write of a run goes through here: new file beside (never onto an existing one), write, fsync,
rename, fsync of the folder. What a killed writer leaves behind ends in `.tmp`; `sweep` removes it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_BINARY = getattr(os, "O_BINARY", 0)  # Windows alone has it
_BLOCK = 1 << 16


def beside(path: Path) -> Path:
    """A name in the same folder that nobody uses and that `sweep` recognizes."""
    return path.with_name(f".{path.name.lstrip('.')}.{secrets.token_hex(4)}.tmp")


def write_new(path: Path, raw: bytes) -> None:
    """Write a file that must not exist yet, down to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        _write(descriptor, raw)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, raw: bytes) -> None:
    """Give `path` this content at once: a reader sees all of the old or all of the new."""
    new = beside(path)
    try:
        write_new(new, raw)
        os.replace(new, path)  # noqa: PTH105 - tests count and break these calls through `os`
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append(path: Path, raw: bytes) -> None:
    """Add one line, `raw` with its newline; first cut off a line that a killed writer left torn.

    If the disk is full the file is as before. The line is safe from a kill at once, from a power
    cut after `sync`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
    try:
        size = _end_of_lines(descriptor)
        try:
            _write(descriptor, raw)
        except BaseException:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Bring an appended file down to the disk, if it exists."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring names in `folder` down to the disk. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Rename within one folder, down to the disk."""
    os.rename(source, target)  # noqa: PTH104 - as above
    sync_folder(target.parent)


def remove(folder: Path) -> None:
    """Delete a folder so that it is never seen half deleted under its own name."""
    doomed = beside(folder)
    os.rename(folder, doomed)  # noqa: PTH104 - as above
    shutil.rmtree(doomed, ignore_errors=True)


@contextlib.contextmanager
def held(folder: Path) -> Generator[None]:
    """Hold a folder while something is decided about it: whoever else wants to waits.

    The system lets go when a process dies. Where it knows no such locks, nobody waits.
    """
    if fcntl is None or not folder.is_dir():
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what killed writers left in `folder`."""
    for path in folder.glob(".*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _write(descriptor: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(descriptor, view) :]


def _end_of_lines(descriptor: int) -> int:
    """The size up to the last newline; what follows it is cut off."""
    size = end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _BLOCK)
        os.lseek(descriptor, start, os.SEEK_SET)
        newline = os.read(descriptor, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
    return end
