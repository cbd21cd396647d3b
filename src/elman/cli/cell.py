"""Look at a cell: equations, picture, graph, derivative, schedule, code; alone, list them.

NAME is a cell of the shelf (`elman cell` lists them), the path of a text file, equations, or a cell
of a search, RUN:ID:

  elman cell gru                                what it is, in short
  elman cell gru --show svg > gru.svg           a picture; `unrolled` shows several steps
  elman cell "rhn(depth=5)"                     one of a family
  elman cell my.eq --show latex                 for a paper
  elman cell runs/search:812 > mine.eq          its equations, and what it comes from, into a file
  elman cell "h' = tanh(W x + U h)" --show derivative
  elman cell lstm --show kernel --part backward --machine avx2 --assembly
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tyro.conf import Positional

from elman.cli import Shared
from elman.errors import ConfigError

if TYPE_CHECKING:
    from elman.equations import Cell
    from elman.kernels.llvm import Machine

View = Literal[
    "summary", "equations", "latex", "svg", "unrolled", "graph", "derivative", "schedule", "kernel"
]
PICTURES = ("svg", "unrolled")
CHANGES, WIDE = 6, 90  # lines on how a cell of a search came about, and their characters
_OF_SEARCH = re.compile(r"([^=]+):(\d+)")


@dataclass(frozen=True)
class Options:
    name: Positional[str | None] = None
    """A cell of the shelf, the path of a text file, or equations; none lists the shelf."""
    show: View = "summary"
    """Which page about the cell; the summary is its equations and, in short, what follows."""
    output: Path | None = None
    """Write the page to this file."""
    steps: int = 3
    """Steps of the unrolled picture."""
    input: int = 128
    """D, the number of input features, where a page calculates with it."""
    hidden: int = 128
    """H, the number of units of a state, and every other size but D."""
    batch: int = 32
    """B, the rows of a batch, in the schedule."""
    window: int = 64
    """T, the time steps, in the schedule."""
    part: Literal["forward", "backward"] = "forward"
    """Which half of the kernel."""
    machine: Literal["this", "avx512", "avx2", "sse", "neon"] = "this"
    """The processor that the schedule and the kernel are for."""
    assembly: bool = False
    """The kernel as the processor's own instructions, not in LLVM's language."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import cells
    from elman.cli import _pages

    _check(options)
    if options.name is None:
        shelf = [cells.get(name) for name in cells.names()]
        if not shared.json:
            print(_pages.shelf(shelf, shutil.get_terminal_size((100, 24)).columns), end="")
            shared.console().print("elman cell NAME shows one of them.")
        return {"cells": [_pages.facts(cell, _pages.sizes(cell, 128, 128)) for cell in shelf]}

    cell = _searched(options.name) or cells.get(options.name)
    sizes = _pages.sizes(cell, options.input, options.hidden)
    text = cell.text if _for_a_file(options, shared) else _page(cell, options, sizes)
    path = _path(cell, options, shared)
    if path:
        path.write_text(text, encoding="utf-8")
        shared.console().print(f"wrote {path}", soft_wrap=True)
    elif not shared.json:
        print(text, end="")
    result = {**_pages.facts(cell, sizes), "show": options.show, "page": text}
    return {**result, "output": path} if path else result


def _searched(name: str) -> Cell | None:
    """The cell that RUN:ID names, under a line that says what it comes from; else None."""
    match = _OF_SEARCH.fullmatch(name)
    if match is None or Path(name).exists():
        return None
    from elman.equations import Cell
    from elman.search.read import SearchRun

    search, number = SearchRun.find(match[1]), int(match[2])
    one, said = search.candidate(number), ""
    if one.parents:
        said = f", a {one.kind} from cell {' and '.join(map(str, one.parents))}"
    score = f", score {one.score:.3f}" if one.score is not None else ""
    lines = [
        change if len(change) <= WIDE else change[: WIDE - 3] + "..." for change in one.changes
    ]
    if len(lines) > CHANGES:
        lines[CHANGES - 1 :] = [f"... and {len(lines) - CHANGES + 1} changes more"]
    changes = "".join(f"#   {line}\n" for line in lines)
    title = f"# Cell {number} of the search {search.folder.resolve().name}{said}{score}\n"
    return Cell(title + changes + one.text, name=f"cell_{number}")


def _for_a_file(options: Options, shared: Shared) -> bool:
    """Whether a cell of a search goes into a file, where it is to be read as a cell again."""
    searched = options.name is not None and _OF_SEARCH.fullmatch(options.name)
    return (
        bool(searched)
        and options.show == "summary"
        and not (shared.json or (sys.stdout.isatty() and options.output is None))
    )


def _check(options: Options) -> None:
    for name in ("steps", "input", "hidden", "batch", "window"):
        number = getattr(options, name)
        if number < 1:
            raise ConfigError(f"--{name} must be at least 1, not {number}")
    if options.name is None and options.show != "summary":
        raise ConfigError(
            f"--show {options.show} of which cell? `elman cell` lists them, "
            f"`elman cell gru --show {options.show}` shows one"
        )


def _page(cell: Cell, options: Options, sizes: dict[str, int]) -> str:
    from elman.cli import _pages

    match options.show:
        case "summary":
            return _pages.summary(cell, sizes)
        case "equations":
            return cell.text
        case "latex":
            return cell.to_latex()
        case "svg":
            return cell.to_svg()
        case "unrolled":
            return cell.to_svg(unrolled=options.steps)
        case "graph":
            return _pages.graph(cell)
        case "derivative":
            return _pages.derivative(cell)
        case "schedule":
            return _schedule(cell, options, sizes)
        case "kernel":
            return _kernel(cell, options)


def _schedule(cell: Cell, options: Options, sizes: dict[str, int]) -> str:
    from elman.kernels import show

    machine = _machine(options)
    return show.schedule(cell.step, machine, sizes, rows=options.batch, steps=options.window)


def _kernel(cell: Cell, options: Options) -> str:
    from elman.kernels import show

    write = show.instructions if options.assembly else show.kernel
    return write(cell.step, _machine(options), options.part, text=cell.text)


def _machine(options: Options) -> Machine:
    from elman.kernels import show

    return show.processor(None if options.machine == "this" else options.machine)


def _path(cell: Cell, options: Options, shared: Shared) -> Path | None:
    """Where the page goes, if not to standard output. A picture is not for a terminal's eyes."""
    if options.output or options.show not in PICTURES or shared.json or not sys.stdout.isatty():
        return options.output
    path = Path(f"{cell.name}.svg" if options.show == "svg" else f"{cell.name}-unrolled.svg")
    if path.exists():
        raise ConfigError(f"{path} exists: name the file to write with --output")
    return path
