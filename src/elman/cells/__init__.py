"""The shelf: one small file of equations for each cell.

To put a cell on the shelf, write `NAME.py` here with a `Cell` called `NAME` in it.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from elman.equations import Cell
from elman.equations.names import nearest
from elman.errors import ConfigError

__all__ = ["get", "names"]


def names() -> tuple[str, ...]:
    """The names of the cells on the shelf, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def get(cell: Cell | str | Path) -> Cell:
    """A cell from whatever stands for one: a Cell, a name, the path of a text file, or equations.

    A string with `=` in it is equations, a name on the shelf is that cell, anything else a path.
    Raises ConfigError for a name or path that is not there, DataError for a file that cannot be
    read, EquationError for text that is not a cell.
    """
    if isinstance(cell, Cell):
        return cell
    if isinstance(cell, Path):
        return Cell.read(cell)
    if "=" in cell:
        return Cell(cell)
    if cell in names():
        return getattr(importlib.import_module(f"{__name__}.{cell}"), cell)
    path = Path(cell)
    if _is_file(path):
        return Cell.read(path)
    raise ConfigError(_unknown(cell))


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
