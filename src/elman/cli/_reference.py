"""The pages of docs/cells: one for each cell of the shelf, and their index.

In: the shelf. Out: files by name, the same text that `elman cell` prints, joined to pages. `make
docs` writes them; a test holds that they are current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from elman import cells
from elman.cli import _pages
from elman.equations import Cell
from elman.graph.text import polynomial

_UNITS = 128  # of every size, where a page calculates with it
_HEAD = """# The shelf

A cell of the shelf is a file of equations in `src/elman/cells`. `elman cell NAME` shows one,
`elman train text DATA --cell NAME` trains it, and `elman.Recurrent("NAME", D, H)` is a layer of
it. A page says where its cell is from and in what it differs from there. `make docs` writes them
from the cells.

| cell | | from | states | matrices | parameters |
|---|---|---|---|---|---|
"""


def files() -> dict[str, str]:
    """The content of every file of docs/cells, by its name."""
    shelf = {name: cells.get(name) for name in cells.names()}
    found = {"README.md": _HEAD + "".join(map(_row, shelf.values()))}
    for name, cell in shelf.items():
        found[f"{name}.md"] = "\n".join(_page(cell)) + "\n"
        found[f"{name}.svg"] = cell.to_svg()
    return found


def write(folder: Path) -> None:
    """Make the folder hold these files and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _row(cell: Cell) -> str:
    shapes = [parameter.shape for parameter in cell.parameters.values()]
    columns = (
        f"[{cell.name}]({cell.name}.md)",
        cell.title,
        cell.citation,
        " ".join(cell.states),
        str(sum(len(shape) == 2 for shape in shapes)),
        polynomial(shapes),
    )
    return f"| {' | '.join(columns)} |\n"


def _page(cell: Cell) -> Iterator[str]:
    lead, _, notes = cells.notes(cell.name).partition("\n")
    yield from (f"# {cell.name}", "", lead, "")
    yield from (f"![One step of {cell.name}]({cell.name}.svg)", "")
    yield from ("```elman", cell.text.rstrip(), "```", "")
    yield from ("```math", cell.to_latex().rstrip(), "```", "")
    yield from ("## Where it is from", "", notes.strip(), "")
    table = _pages.table(cell, _pages.sizes(cell, _UNITS, _UNITS))
    yield from ("## What it costs", "", "```text", *table, "```", "")
    yield from ("## As a layer", "", "```python", "import elman", "", _layer(cell), "```")


def _layer(cell: Cell) -> str:
    features = 128 if cell.step.requires else 64
    more = [f'"{size}": 32' for size in cell.step.sizes() if size not in ("D", "H")]
    sizes = f", sizes={{{', '.join(more)}}}" if more else ""
    return f'layer = elman.Recurrent("{cell.name}", input_size={features}, hidden_size=128{sizes})'


if __name__ == "__main__":
    write(Path(sys.argv[1]))
