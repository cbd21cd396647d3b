"""Machine code that was compiled before, by an earlier process: kept in the cache's folder `code`.

In: all that machine code follows from, the text of its module first. Out: an object file, or None.
A file is named by a checksum of what it follows from and begins with one of its content, so it is
never out of date, and a torn one is not there. Nothing depends on the folder: where it cannot be
read or written, or somebody else could write there, code is compiled anew. `ELMAN_CODE_CACHE` is
another folder, or 0 for none.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from elman.cache import cache_folder
from elman.errors import DataError

MOST = 512  # files; those of a cell and of what cells share have 6 to 15 KB each
# what we name so: a folder that was chosen may hold whatever else
_OURS = "[0-9a-f]" * 64 + ".o", "." + "[0-9a-f]" * 16 + ".tmp"
_SUM = hashlib.sha256().digest_size
_OTHERS = 0o022  # who may write, beside the owner
_anew = 0  # blocks of `anew` that are open


@contextmanager
def anew() -> Generator[None]:
    """Compile in this block, whatever there is on disk: for those that time it."""
    global _anew
    _anew += 1
    try:
        yield
    finally:
        _anew -= 1


def key(*facts: str) -> str:
    """The name of the object file that follows from some facts."""
    versions = llvmlite.__version__, ".".join(map(str, llvm.llvm_version_info))
    whole = hashlib.sha256()
    for fact in (*versions, *facts):
        raw = fact.encode()
        whole.update(b"%d\n" % len(raw) + raw)
    return f"{whole.hexdigest()}.o"


def kept(key: str) -> bytes | None:
    """The content of an object file, if it is there and whole."""
    folder = _folder()
    if folder is None:
        return None
    path = folder / key
    try:
        with path.open("rb") as file:
            if not _ours_alone(os.fstat(file.fileno())):
                return None
            raw = file.read()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # those that nobody asks for are the first to go
    told, content = raw[:_SUM], raw[_SUM:]
    return content if hashlib.sha256(content).digest() == told else None


def keep(key: str, content: bytes) -> None:
    """Put an object file there, if that can be done.

    It is not forced down to the disk: what a power cut leaves has another checksum.
    """
    folder = _folder()
    if folder is None:
        return
    beside = folder / f".{secrets.token_hex(8)}.tmp"
    with contextlib.suppress(OSError):
        try:
            beside.touch(0o600, exist_ok=False)
            beside.write_bytes(hashlib.sha256(content).digest() + content)
            beside.replace(folder / key)
        finally:
            beside.unlink(missing_ok=True)
        _sweep(folder)


def _folder() -> Path | None:
    """The folder, if only this user may write there: what is read from it will be run."""
    chosen = os.environ.get("ELMAN_CODE_CACHE")
    if chosen == "0" or _anew:
        return None
    try:
        folder = Path(chosen) if chosen else cache_folder() / "code"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _ours_alone(folder.stat()) else None
    except (OSError, DataError):
        return None


def _ours_alone(facts: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user, and nobody else may write there."""
    if not hasattr(os, "getuid"):
        return True
    return facts.st_uid == os.getuid() and not facts.st_mode & _OTHERS


def _sweep(folder: Path) -> None:
    """Take away those that were not asked for longest, and what killed writers have left."""
    asked: dict[Path, float] = {}
    for path in itertools.chain(*map(folder.glob, _OURS)):
        with contextlib.suppress(OSError):  # others sweep too
            asked[path] = path.stat().st_mtime
    if len(asked) > MOST:
        for path in sorted(asked, key=lambda path: asked[path])[: len(asked) - MOST // 2]:
            with contextlib.suppress(OSError):
                path.unlink()
