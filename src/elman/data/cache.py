"""Where fetched data is kept between runs: one folder, read only through checksums.

The folder is `$ELMAN_CACHE`, else `elman` in the system's own place for caches. A file in it is
either whole or absent: it is written beside, synced and renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
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
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}): make room and check its "
            "permissions, or set ELMAN_CACHE to another folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return path
