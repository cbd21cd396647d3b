"""Tux Paint's stamps: some 800 small pictures, each with what it shows in many languages.

`get` takes them out of the Debian package, which apt or the user brings, into the cache; `folder`
finds them there and never touches the network. They are under the GPL, and no part of Elman.
"""

from __future__ import annotations

from pathlib import Path

from elman.cache import keep_folder, kept_folder
from elman.data.deb import unpack
from elman.data.package import fetch_deb
from elman.errors import DataError

NAME = "stamps"
ABOUT = "Tux Paint's stamps: some 800 pictures with captions in many languages"
LICENCE = "GPL-2"
PACKAGE = "tuxpaint-stamps-default"
_UNDER = "usr/share/tuxpaint/stamps"


def here() -> bool:
    """Whether `folder` would succeed."""
    return kept_folder(NAME) is not None


def folder() -> Path:
    """Where the pictures are; DataError says how to fetch them if they are not here."""
    found = kept_folder(NAME)
    if found is None:
        raise DataError(
            "the stamps are not on this machine yet: run: elman data get stamps (161 MB, by apt; "
            "elsewhere with --from FILE.deb)"
        )
    return found


def get(deb: Path | None = None) -> Path:
    """The pictures, taken out of a package that is here or that apt fetches, if need be."""
    found = kept_folder(NAME) if deb is None else None
    return found or _unpacked(deb)


def _unpacked(deb: Path | None) -> Path:
    try:
        raw = fetch_deb(PACKAGE) if deb is None else deb.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{deb} cannot be read ({reason}): check the path") from error
    name = PACKAGE if deb is None else str(deb)
    files = unpack(raw, _UNDER, (".png", ".txt"), name)
    # A picture without a text (mirrored by hand, or of a drawing as .svg) says nothing.
    pairs = {
        path: files[path]
        for path in files
        if {f"{path[:-4]}.png", f"{path[:-4]}.txt"} <= files.keys()
    }
    if not pairs:
        raise DataError(f"{name} holds no stamps: give Debian's package {PACKAGE}")
    return keep_folder(NAME, pairs)
