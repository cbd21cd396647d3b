"""Exercises, one to a file: what a search and a comparison measure cells on. No torch.

`get("xml")` is one of them, `names()` are those that there are; `text:FILE` is a text of your own.
"""

from __future__ import annotations

import importlib
import pkgutil

from elman.errors import ConfigError
from elman.search.exercises.exercise import UNCOUNTED, Examples, Exercise

__all__ = ["UNCOUNTED", "Examples", "Exercise", "get", "names"]

_OWN = "text:"
_AS_IN_THE_PAPER = {"arithmetic8": "arithmetic", "xml10": "xml"}


def names() -> tuple[str, ...]:
    """The names of the exercises, sorted."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted({*found, *_AS_IN_THE_PAPER} - {"exercise"}))


def get(name: str) -> Exercise:
    """An exercise by its name; ConfigError if there is none."""
    if name.startswith(_OWN):
        return importlib.import_module(f"{__name__}.text").of(name.removeprefix(_OWN))
    if name in _AS_IN_THE_PAPER:
        return importlib.import_module(f"{__name__}.{_AS_IN_THE_PAPER[name]}").PAPER
    if name in names():
        return importlib.import_module(f"{__name__}.{name}").EXERCISE
    raise ConfigError(
        f"there is no exercise {name!r}: take one of {', '.join(names())}, or text:FILE"
    )
