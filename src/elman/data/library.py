"""The standard library's own source as a text to learn: always there, the same for one Python.

In: the running interpreter's `lib/pythonX.Y`. Out: its modules in the order of their paths.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from elman.errors import DataError

LIMIT = 8_000_000  # bytes: files are taken in order while they fit
# Other people's packages, tests, what some systems leave out, and tables; `site-packages` and
# `config-3.13-...` go by what stands before the first hyphen.
_SKIPPED = {
    *("__pycache__", "_bundled", "config", "dist", "site"),
    *("idle_test", "test", "tests"),
    *("distutils", "idlelib", "lib2to3", "msilib", "tkinter", "turtledemo"),
    *("encodings", "pydoc_data"),
}


def library_text() -> tuple[str, int]:
    """The joined source and its number of files; a file is followed by an empty line.

    Files with a character outside ASCII are left out (14 in Python 3.11): the names of a few
    contributors would add letters to the alphabet that hardly ever occur.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    texts, total = list[str](), 0
    for path in _modules(folder):
        raw = path.read_bytes()
        if raw.strip() and raw.isascii() and total + len(raw) <= LIMIT:
            texts.append(raw.decode().replace("\r\n", "\n").removesuffix("\n") + "\n")
            total += len(raw)
    if not texts:
        raise DataError(
            "this Python comes without the source of its standard library: "
            "use a Python from python.org or your system, or give a text file"
        )
    return "\n".join(texts), len(texts)


def _modules(folder: Path) -> list[Path]:
    return sorted(_walk(folder), key=lambda path: path.relative_to(folder).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f.partition("-")[0] not in _SKIPPED]
        for name in files:
            # _sysconfigdata describes the machine that built this Python.
            if name.endswith(".py") and not name.startswith("_sysconfigdata"):
                yield Path(place) / name
