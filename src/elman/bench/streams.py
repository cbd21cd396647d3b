"""Cells without a matrix on the state, beside a copy of the bytes they must touch.

What the input's products give is handed over as sequences, so that only the recurrence is left:
nothing but reading and writing. The copy moves as many bytes, into new memory where a result is
new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from rich.table import Table

from elman.bench.layers import Shape, geometric
from elman.bench.report import grid, machine
from elman.bench.rounds import in_turn, on_threads
from elman.equations import Cell
from elman.layers import Recurrent

CELLS = {
    "mingru": Cell("input z[H]\nh' = (1 - z) * h + z * x", name="mingru"),
    "rglru": Cell("input a[H]\nh' = a * h + sqrt(1 - a * a) * x", name="rglru"),
    "indrnn": Cell("param u\nh' = relu(x + u * h)", name="indrnn"),
}
SHAPES: tuple[Shape, ...] = ((512, 32, 256), (2048, 8, 256), (256, 64, 512), (4096, 1, 512))


def measure(
    shapes: tuple[Shape, ...],
    seconds: float,
    threads: int | None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    rows: list[dict[str, Any]] = []
    with on_threads(threads) as count:
        for name, cell in CELLS.items():
            for shape in shapes:
                tell(f"{name} at T, B, H = {', '.join(map(str, shape))}")
                rows.append(_row(name, cell, shape, seconds))
    means = {
        name: {
            kind: geometric([row[kind] for row in rows if row["cell"] == name])
            for kind in ("forward", "training")
        }
        for name in CELLS
    }
    return {"machine": machine(count), "results": rows, "means": means}


def _row(name: str, cell: Cell, shape: Shape, seconds: float) -> dict[str, Any]:
    layer = Recurrent(cell, shape[2], shape[2])
    given = {n: torch.rand(shape, requires_grad=True) for n in ("x", *_further(cell))}
    more = {n: tensor for n, tensor in given.items() if n != "x"}
    seed = torch.randn(shape)
    wanted = [*given.values(), *layer.parameters()]

    def forward() -> object:
        with torch.no_grad():
            return layer(given["x"], inputs=more)

    def training() -> object:
        return torch.autograd.grad(layer(given["x"], inputs=more)[0], wanted, seed)

    # forward reads what is given and writes h; backward reads these and the gradient of h, and
    # writes a gradient for each that is given
    count = len(given)
    calls = {
        "forward": forward,
        "training": training,
        "copy forward": copied(count, 1, seed.numel()),
        "copy training": copied(2 * count + 2, count + 1, seed.numel()),
    }
    for call in calls.values():
        call()
    times = in_turn(calls, seconds)
    return {
        "cell": name, "T": shape[0], "B": shape[1], "H": shape[2],
        "seconds": {n: time.median for n, time in times.items()},
        "forward": times["forward"].ratio(times["copy forward"]),
        "training": times["training"].ratio(times["copy training"]),
    }  # fmt: skip


def _further(cell: Cell) -> list[str]:
    return [leaf.name for leaf in cell.step.inputs if leaf.name != "x"]


def copied(read: int, new: int, numbers: int) -> Callable[[], object]:
    """Move as many sequences as are read and made: each new one is a copy of one that is read, and
    of the others that are read, one half goes over the other.
    """
    source = torch.zeros(max(read, new), numbers)
    rest = source[new:].flatten()
    half = rest.numel() // 2

    def copy() -> object:
        made = [source[number].clone() for number in range(new)]
        if half:
            rest[:half].copy_(rest[half : 2 * half])
        return made

    return copy


def table(results: Mapping[str, Any]) -> Table:
    """What a person reads."""
    made = grid("cell", "T,B,H", right=("forward ms", "of a copy", "training ms", "of a copy"))
    for row in results["results"]:
        shape, seconds = ",".join(str(row[size]) for size in "TBH"), row["seconds"]
        made.add_row(
            row["cell"], shape, f"{seconds['forward'] * 1e3:.3g}", f"{row['forward']:.2f}",
            f"{seconds['training'] * 1e3:.3g}", f"{row['training']:.2f}",
        )  # fmt: skip
    made.add_section()
    for name, mean in results["means"].items():
        made.add_row(name, "mean", "", f"{mean['forward']:.2f}", "", f"{mean['training']:.2f}")
    return made
