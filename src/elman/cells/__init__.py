"""The shelf: one small file of equations for each cell.

To put a cell on the shelf, write `NAME.py` here with a `Cell` called `NAME` in it. A family of
cells has a function there too: `rhn(depth=5)` is what `of_depth(5)` in rhn.py returns.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from elman.equations import Cell
from elman.equations.names import nearest
from elman.errors import ConfigError

__all__ = ["get", "names", "notes"]

_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*")  # rhn(depth=5): no text of equations is like that
_ARGUMENT = re.compile(r"\s*(\w+)\s*=\s*(-?[0-9]{1,9})\s*")
_FAMILY = "of_"  # begins the name of a function that returns a cell of a family


@cache
def names() -> tuple[str, ...]:
    """The names of the cells on the shelf, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def get(cell: Cell | str | Path) -> Cell:
    """A cell from whatever stands for one: a Cell, a name, the path of a text file, or equations.

    A name on the shelf is that cell, such a name with an argument, `rhn(depth=5)`, a cell of its
    family; any other string with `=` in it is equations, and anything else a path. Raises
    ConfigError for a name, an argument or a path that is not there, DataError for a file that
    cannot be read, EquationError for text that is not a cell.
    """
    if isinstance(cell, Cell):
        return cell
    if isinstance(cell, Path):
        return Cell.read(cell)
    if not isinstance(cell, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"a cell is a name, equations or a file, not {cell!r}: try 'lstm'")
    if (call := _CALL.fullmatch(cell)) and call[1] in names():
        return _of_family(call[1], call[2])
    if "=" in cell:
        return Cell(cell)
    if cell in names():
        return getattr(_module(cell), cell)
    path = Path(cell)
    if _is_file(path):
        return Cell.read(path)
    raise ConfigError(_unknown(cell))


def notes(name: str) -> str:
    """What the file of a cell on the shelf says of it: the source, and every difference from it."""
    return (_module(name).__doc__ or "").strip()


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def _of_family(name: str, written: str) -> Cell:
    found = vars(_module(name))
    words = [key.removeprefix(_FAMILY) for key in found if key.startswith(_FAMILY)]
    if not words:
        raise ConfigError(f"{name} is one cell and takes no argument: write {name}")
    argument = _ARGUMENT.fullmatch(written)
    if not argument or argument[1] not in words:
        forms = " or ".join(f"{name}({word}=5)" for word in words)
        raise ConfigError(f"{name}({written[:40]}) is not a cell: write {forms}, or {name}")
    return found[_FAMILY + argument[1]](int(argument[2]))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a null character in it
        return False


def _unknown(name: str) -> str:
    near = nearest(name, names())
    meant = f"; did you mean '{near}'?" if near else ""
    return (
        f"there is no cell or file {name[:60]!r}{meant}\n"
        f"  `elman cell` lists the cells; equations and the path of a text file do as well"
    )
