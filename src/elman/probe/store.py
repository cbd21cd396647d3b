"""The files of a reading: `reading.json`, `text.txt` and one array a file, as NumPy writes them.

Arrays are written in place as a reading goes on and mapped into memory afterwards. The folder is
made beside and moved to its name when it is whole, so that a kill leaves nothing half there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from elman.errors import RunError
from elman.runs import disk

FORMAT = 1
KEEP = 8  # readings of a run; each holds as much as its text times the units
FACTS, TEXT = "reading.json", "text.txt"


class Arrays:
    """Makes the arrays of a reading: in memory, or in what becomes `folder`.

    A context: if it is left before `finish`, nothing stays behind.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder, self._new = folder, None if folder is None else disk.beside(folder)
        self._rows: list[dict[str, Any]] = []
        self._made: list[NDArray[Any]] = []

    def __enter__(self) -> Arrays:
        if self._new is not None:
            self._new.parent.mkdir(parents=True, exist_ok=True)
            self._new.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._made.clear()
        if self._new is not None:
            shutil.rmtree(self._new, ignore_errors=True)

    def make(self, name: str, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array to be filled."""
        if self._new is None:
            return np.zeros(shape, dtype)
        self._rows.append({"name": name, "dtype": np.dtype(dtype).name, "shape": list(shape)})
        array = open_memmap(self._new / f"{name}.npy", "w+", np.dtype(dtype), shape)
        self._made.append(array)
        return array

    def finish(self, facts: Mapping[str, Any], text: str) -> None:
        """Everything is there: give the folder its name. One that had it is replaced."""
        if self._new is None or self.folder is None:
            return
        for array in self._made:
            if isinstance(array, np.memmap):
                array.flush()
        whole = {"format": FORMAT, "kind": "reading", **facts, "characters": len(text),
                 "arrays": self._rows}  # fmt: skip
        disk.write_new(self._new / TEXT, text.encode("utf-8", "surrogatepass"))
        disk.write_new(self._new / FACTS, json.dumps(whole, ensure_ascii=False).encode() + b"\n")
        if self.folder.exists():
            disk.remove(self.folder)
        disk.move(self._new, self.folder)


def key_of(text: str, step: int | None, quantities: bool) -> str:
    """What tells a reading from others of the same run: 16 hexadecimal digits."""
    facts = f"{FORMAT} {step} {quantities}\n"
    return hashlib.sha256(facts.encode() + text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def retire(probes: Path, keep: int = KEEP) -> None:
    """Delete all readings but the latest; what cannot be deleted stays."""
    found = sorted(probes.glob("reading-*"), key=lambda path: path.stat().st_mtime)
    for path in found[: max(0, len(found) - keep)]:
        with contextlib.suppress(OSError):
            disk.remove(path)


def load(folder: Path) -> tuple[dict[str, Any], str, dict[str, NDArray[Any]]]:
    """Facts, text and arrays of a reading; RunError if something is missing or of another kind."""
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        text = (folder / TEXT).read_bytes().decode("utf-8", "surrogatepass")
        arrays: dict[str, NDArray[Any]] = {}
        for row in facts["arrays"]:
            array = np.load(folder / f"{row['name']}.npy", mmap_mode="r", allow_pickle=False)
            if list(array.shape) != row["shape"] or array.dtype.name != row["dtype"]:
                raise ValueError(f"{row['name']}.npy is {array.dtype} {array.shape}")
            arrays[row["name"]] = array
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"the reading {folder} is damaged ({error}): delete the folder and read the text again"
        ) from error
    if facts.get("format") != FORMAT:
        raise RunError(f"{folder} was written by a newer Elman: update this one to read it")
    return facts, text, arrays
