"""Finding commands without loading them.

In: a package. Out: its commands and groups, each with the first line of its docstring as summary.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A command, or a group of commands."""

    words: tuple[str, ...]
    """What the user types after `elman`."""
    module: str
    """What to import."""
    path: Path
    """The file whose docstring speaks for it."""
    is_group: bool

    @property
    def summary(self) -> str:
        """The first line of the docstring, without loading the module."""
        with self.path.open(encoding="utf-8") as file:
            return file.readline().strip().strip('"').removesuffix(".")


def entries(package: str, words: tuple[str, ...] = ()) -> dict[str, Entry]:
    """The commands and groups directly in `package`, by the word that calls them, sorted."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"no package named {package!r}")
    found: dict[str, Entry] = {}
    for path in sorted(Path(spec.submodule_search_locations[0]).iterdir()):
        group = (path / "__init__.py").is_file()
        if path.name.startswith("_") or not (group or path.suffix == ".py"):
            continue
        word = path.stem.replace("_", "-")
        file = path / "__init__.py" if group else path
        found[word] = Entry((*words, word), f"{package}.{path.stem}", file, group)
    return found


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that looks most like this one, if any does."""
    import difflib

    return next(iter(difflib.get_close_matches(word, known, n=1)), None)
