"""How the time of a training step grows with its steps, and with its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from rich.table import Table

from elman.bench.report import grid, machine
from elman.bench.rounds import in_turn, on_threads
from elman.layers import Recurrent

UNITS = 64
STEPS = tuple((4**power, 1) for power in range(2, 9))  # (T, B)
ROWS = tuple((16, 4**power) for power in range(6))


def measure(
    cells: Sequence[str],
    seconds: float,
    threads: int | None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    rows: list[dict[str, Any]] = []
    with on_threads(threads) as count:
        for cell in cells:
            layer = Recurrent(cell, UNITS, UNITS)
            for along, shapes in (("T", STEPS), ("B", ROWS)):
                tell(f"{cell} along {along}")
                rows += _line(layer, along, shapes, seconds)
    return {"machine": machine(count), "H": UNITS, "results": rows}


def _line(
    layer: Recurrent, along: str, shapes: Sequence[tuple[int, int]], seconds: float
) -> list[dict[str, Any]]:
    calls = {shape: _step(layer, shape) for shape in shapes}
    for call in calls.values():
        call()
    times = in_turn({str(shape): call for shape, call in calls.items()}, seconds)
    found: list[dict[str, Any]] = []
    best = float("inf")
    for steps, rows in shapes:
        each = times[str((steps, rows))].median / (steps * rows)
        best = min(best, each)
        found.append(
            {"cell": layer.cell.name, "along": along, "T": steps, "B": rows,
             "each": each, "growth": each / best}
        )  # fmt: skip
    return found


def _step(layer: Recurrent, shape: tuple[int, int]) -> Callable[[], object]:
    x, seed = torch.randn(*shape, UNITS), torch.randn(*shape, UNITS)
    parameters = list(layer.parameters())
    return lambda: torch.autograd.grad(layer(x)[0], parameters, seed)


def table(results: Mapping[str, Any]) -> Table:
    """What a person reads."""
    made = grid("cell", right=("T", "B", "ms", "each, us", "growth"))
    before = None
    for row in results["results"]:
        if before not in (None, (row["cell"], row["along"])):
            made.add_section()
        before = row["cell"], row["along"]
        seconds = row["each"] * row["T"] * row["B"]
        made.add_row(
            row["cell"], f"{row['T']:,}", f"{row['B']:,}", f"{seconds * 1e3:.3g}",
            f"{row['each'] * 1e6:.2f}", f"{row['growth']:.2f}",
        )  # fmt: skip
    return made
