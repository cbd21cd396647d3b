"""Which files of a folder make up a text: a folder and globs -> paths, sorted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from elman.errors import DataError

DEFAULT = ("*.txt",)


def matches(folder: Path, include: Sequence[str] = ()) -> list[Path]:
    """Files below `folder` that match one of the globs, in the order of their relative paths.

    A glob without a slash is matched with the file's name at any depth (`*.tex`), one with a slash
    with the path from the folder (`src/*.c`; `*` also crosses slashes). Names that start with a dot
    are passed over, folders too. DataError if nothing matches: it says what is there instead.
    """
    globs = tuple(include) or DEFAULT
    names = list(_files(folder))
    found = sorted(name for name in names if any(_fits(name, glob) for glob in globs))
    if not found:
        raise DataError(_nothing(folder, names, globs))
    return [folder / name for name in found]


def _files(folder: Path) -> Iterator[str]:
    """Relative paths with forward slashes, so that the order is the same on every system."""
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith("."):
                yield (Path(place) / name).relative_to(folder).as_posix()


def _refuse(error: OSError) -> None:
    """A text must not silently lack what could not be read."""
    reason = error.strerror or str(error)
    raise DataError(f"{error.filename} cannot be read ({reason}): check its permissions")


def _fits(name: str, glob: str) -> bool:
    return fnmatchcase(name if "/" in glob else name.rpartition("/")[2], glob.removeprefix("./"))


def _nothing(folder: Path, names: list[str], globs: tuple[str, ...]) -> str:
    asked = " or ".join(globs)
    if not names:
        return f"{folder} holds no files: give a folder with text in it"
    kinds = Counter(Path(name).suffix or "(no ending)" for name in names)
    there = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(4))
    suffixes = [kind for kind, _ in kinds.most_common() if kind.startswith(".")]
    example = f"--include '*{suffixes[0]}'" if suffixes else "--include '*'"
    return (
        f"0 of {len(names)} files in {folder} match {asked} (there are {there}): "
        f"say which ones to read, as in {example}"
    )
