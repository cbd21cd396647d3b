"""What kernels have in common: functions that know sizes and strides, but nothing of equations.

A **part** is a piece of text with its own declarations; it is compiled once in a process for a type
and a machine, and kernels call into it by address. So a second cell takes half as long to compile.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from elman.kernels.llvm import addresses, reduce
from elman.kernels.llvm.arithmetic import Arithmetic, round_rows
from elman.kernels.llvm.functions import declarations
from elman.kernels.llvm.machine import Code, Machine, compile_text
from elman.kernels.llvm.product import ROOM, Tiling, multiply, multiply_row, tile
from elman.kernels.llvm.text import declared


def head(a: Arithmetic) -> str:
    """What parts rest on, once in a module: declarations, and what rounds rows for all tiles."""
    own = [a.declaration, round_rows(a, ROOM)] if a.pairs else []
    return "\n\n".join([declarations(a.dtype, a.lanes).rstrip(), *filter(None, own)])


def tiles(a: Arithmetic, tilings: Iterable[Tiling]) -> list[str]:
    """A part for every width of tile."""
    widths = {t.width: t for t in tilings}
    parts: list[str] = []
    for width, t in sorted(widths.items()):
        lines = [*(tile(a, height, width) for height in t.heights), multiply(a, t)]
        parts.append("\n\n".join([*lines, tile(a, 1, width, t.abreast), multiply_row(a, t)]))
    return parts


def filling(*, backwards: bool) -> str:
    """The pointers of rows."""
    return addresses.count_items() + "\n\n" + addresses.fill(backwards=backwards)


def summing(a: Arithmetic, machine: Machine) -> str:
    """Sums over steps and rows."""
    return "\n\n".join(
        [
            *(reduce.outer(a, *shape) for shape in reduce.shapes(machine)),
            *(reduce.gather_left(a, height) for height in reduce.heights(machine)),
            *(reduce.gather_right(a, width) for width in reduce.widths(machine)),
            reduce.column_sum(a.dtype, a.lanes),
            reduce.sum_columns(a.lanes),
            reduce.sum_outer(machine, a),
        ]
    )


def summing_constants(dtype: str, machine: Machine) -> str:
    """Such sums where one side is always the same."""
    lanes = machine.lanes(dtype)
    return reduce.outer_constant(dtype, lanes) + "\n\n" + reduce.sum_constant(machine, lanes)


_compiled: dict[tuple[Arithmetic, Machine, str], tuple[Code, dict[str, int]]] = {}
_lock = Lock()


def compiled(parts: Iterable[str], a: Arithmetic, machine: Machine) -> dict[str, int]:
    """The addresses of all functions of some parts."""
    found: dict[str, int] = {}
    with _lock:  # code that another thread has linked to must never be replaced
        missing = [part for part in parts if (a, machine, part) not in _compiled]
        if missing:
            text = "\n\n".join([head(a), *missing])
            code = compile_text(text, machine, {})
            for part in missing:
                names = [name_of(line) for line in declared(part)]
                known = {name: code.address(name) for name in names}
                _compiled[a, machine, part] = code, known
    for part in parts:
        found |= _compiled[a, machine, part][1]
    return found


def name_of(declaration: str) -> str:
    """The name of a declared function."""
    return declaration.partition("@")[2].partition("(")[0]
