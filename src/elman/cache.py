"""Where what was fetched or compiled is kept between runs: one folder, read through checksums.

The folder is `$ELMAN_CACHE`, else `elman` in the system's own place for caches. A file in it is
either whole or absent: it is written beside, synced and renamed; so is a folder of files, whose
name ends in the checksum of all of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from elman.errors import DataError


def cache_folder() -> Path:
    """The folder, which need not exist yet."""
    if chosen := os.environ.get("ELMAN_CACHE"):
        return Path(chosen)
    try:
        return _system_folder() / "elman"
    except RuntimeError as error:  # no home folder: some containers and services have none
        raise DataError(
            "this user has no home folder to cache data in: set ELMAN_CACHE to a folder"
        ) from error


def _system_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def kept(name: str, sha256: str) -> bytes | None:
    """The bytes of a cached file; None if it is absent or no longer what its checksum says."""
    try:
        raw = (cache_folder() / name).read_bytes()
    except OSError:
        return None
    return raw if hashlib.sha256(raw).hexdigest() == sha256 else None


def keep(name: str, raw: bytes) -> Path:
    """Put a file into the cache, in the place of one with the same name."""
    path = cache_folder() / name
    beside = path.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return path


def kept_folder(name: str) -> Path | None:
    """The newest cached folder of that name whose files are all what its checksum says, if any."""
    found = [path for path in cache_folder().glob(f"{name}-*") if path.is_dir()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return next((path for path in found if path.name == f"{name}-{_sum_below(path)}"), None)


def keep_folder(name: str, files: Mapping[str, bytes]) -> Path:
    """Put files, by their paths with forward slashes, into a folder of the cache."""
    sums = {inner: hashlib.sha256(raw).hexdigest() for inner, raw in files.items()}
    path = cache_folder() / f"{name}-{_sum(sums)}"
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        for inner, raw in files.items():
            place = beside / inner
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
        if path.is_dir():  # the same files, or what is left of them
            shutil.rmtree(path)
        beside.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return path


def _sum_below(folder: Path) -> str:
    files = (path for path in folder.rglob("*") if path.is_file())
    return _sum(
        {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }
    )


def _sum(sums: Mapping[str, str]) -> str:
    """One checksum, short enough for a name, of names and checksums."""
    lines = "".join(f"{sums[inner]}  {inner}\n" for inner in sorted(sums))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _unwritten(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be written ({error.strerror or error}): make room and check its "
        "permissions, or set ELMAN_CACHE to another folder"
    )
