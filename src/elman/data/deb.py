"""A Debian package as bytes -> files in it, on any system: `ar` around a compressed `tar`.

Nothing is installed, run, or written; links and whatever is no file are passed over.
"""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import IO, Any, cast

from elman.errors import ConfigError, DataError

MOST = 1 << 30  # bytes unpacked, whatever the package claims
_MAGIC, _HEAD = b"!<arch>\n", 60  # bytes


def unpack(raw: bytes, under: str, endings: Sequence[str], name: str) -> dict[str, bytes]:
    """The files below the folder `under` that end so, by their paths from there.

    DataError if `raw`, which errors call `name`, is no package or a damaged one.
    """
    for member, body in _members(raw, name):
        if member.startswith("data.tar"):
            try:
                with tarfile.open(fileobj=_plain(body, member), mode="r|") as archive:
                    return _chosen(archive, PurePosixPath(under), tuple(endings), name)
            except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
                raise DataError(
                    f"{name} is damaged ({str(error) or 'it ends early'}): fetch it again"
                ) from error
    raise DataError(f"{name} is a Debian package without files in it: give another one")


def _members(raw: bytes, name: str) -> list[tuple[str, bytes]]:
    """Names and bodies of an `ar` archive."""
    if not raw.startswith(_MAGIC):
        raise DataError(f"{name} is no Debian package: give a file that ends in .deb")
    found, at = list[tuple[str, bytes]](), len(_MAGIC)
    while at < len(raw):
        head = raw[at : at + _HEAD]
        size = head[48:58].strip()
        if len(head) < _HEAD or not size.isdigit() or at + _HEAD + int(size) > len(raw):
            raise DataError(f"{name} is damaged (it ends early): fetch it again")
        at += _HEAD
        found.append((head[:16].decode("latin-1").strip().rstrip("/"), raw[at : at + int(size)]))
        at += int(size) + int(size) % 2  # bodies begin at even places
    return found


def _plain(body: bytes, member: str) -> IO[bytes]:
    kind, file = member.removeprefix("data.tar").removeprefix("."), io.BytesIO(body)
    if kind in ("xz", "lzma"):
        return cast("IO[bytes]", lzma.open(file))
    if kind == "gz":
        return cast("IO[bytes]", gzip.open(file))
    if kind == "zst":
        return _zstandard(file)
    if kind == "":
        return file
    raise DataError(f"{member} is packed in a way that is not known here: give one with .xz")


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise ConfigError(
            "this package is packed with zstd: pip install 'elman[captions]', then try it again"
        ) from error
    reader: Any = zstandard.ZstdDecompressor().stream_reader(file)
    return reader


def _chosen(
    archive: tarfile.TarFile, under: PurePosixPath, endings: tuple[str, ...], name: str
) -> dict[str, bytes]:
    found, total = dict[str, bytes](), 0
    for entry in archive:
        path = PurePosixPath(entry.name.removeprefix("./"))
        wanted = entry.isfile() and path.suffix.lower() in endings and path.is_relative_to(under)
        if not wanted or ".." in path.parts:
            continue
        total += entry.size
        if total > MOST:
            raise DataError(f"{name} unpacks to more than {MOST:,} bytes: give another one")
        file = archive.extractfile(entry)
        assert file is not None  # it is a file
        found[path.relative_to(under).as_posix()] = file.read()
    return found
