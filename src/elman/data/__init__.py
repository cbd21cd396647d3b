"""From files to batches; knows no model.

`read` gives a `TextData`, `Vocabulary` turns it into tokens, `streams` and `whole` into windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elman.data.builtin import BuiltIn, describe, get, load, names
from elman.data.streams import Streams, Window, streams, whole
from elman.data.text import VALIDATION, TextData, read_text
from elman.data.vocabulary import Vocabulary
from elman.errors import DataError

__all__ = [
    "BuiltIn",
    "Streams",
    "TextData",
    "Vocabulary",
    "Window",
    "describe",
    "get",
    "load",
    "names",
    "read",
    "read_text",
    "streams",
    "whole",
]


def read(data: str | Path, include: Sequence[str] = (), validation: float = VALIDATION) -> TextData:
    """The text that DATA means: a built-in name, a file, or a folder with globs.

    A built-in name wins over a file of that name, which is reached as `./name`.
    """
    if not str(data):
        raise DataError("DATA is empty: give the name of a built-in text, a file or a folder")
    if not isinstance(data, str) or data not in names():
        return read_text(data, include, validation)
    if include:
        raise DataError(f"{data} is a built-in text: leave --include out, or give ./{data}")
    return load(data)
