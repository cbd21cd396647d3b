"""A step of a stream from Python, frozen and with gradient, beside torch's cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from rich.table import Table
from torch import nn

from elman.bench.layers import Settings, check
from elman.bench.report import grid
from elman.bench.rounds import Times, in_turn, on_threads
from elman.layers import Recurrent

CELLS: dict[str, Callable[[int, int], nn.Module]] = {
    "rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell,
}  # fmt: skip
Sizes = tuple[int, int]  # rows and units
MANY = 100
SIZES: tuple[Sizes, ...] = ((1, 16), (1, 64), (4, 64), (4, 128))


def measure(
    cells: tuple[str, ...], seconds: float, threads: int, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A line for every cell and size."""
    check(Settings(cells, (), seconds, threads), threads, tuple(CELLS))
    rows: list[dict[str, Any]] = []
    with on_threads(threads):
        for cell in cells:
            for size in SIZES:
                tell(f"a step of {cell} at B, H = {size[0]}, {size[1]}")
                times = _times(cell, size, seconds)
                found = {name: time.median * 1e6 for name, time in times.items()}
                rows.append({"cell": cell, "B": size[0], "H": size[1], "microseconds": found})
    return rows


def _times(cell: str, size: Sizes, seconds: float) -> dict[str, Times]:
    """All candidates in turn; no step goes on from the one before."""
    rows, units = size
    ours, theirs = Recurrent(cell, units, units), CELLS[cell](units, units)
    x = torch.randn(rows, units)
    zero = ours.zero_state(rows)
    one = zero[0] if isinstance(zero, torch.Tensor) else tuple(part[0] for part in zero)

    def gradient() -> None:
        _many(lambda: ours.step(x, zero))

    def torch_gradient() -> None:
        _many(lambda: theirs(x, one))

    def frozen() -> None:
        with ours.frozen():  # entered once for many steps, as a stream does
            gradient()

    def without_gradient() -> None:
        with torch.no_grad():
            torch_gradient()

    calls: dict[str, Callable[[], None]] = {
        "frozen": frozen,
        "torch": without_gradient,
        "gradient": gradient,
        "torch gradient": torch_gradient,
    }
    for call in calls.values():
        call()
    found = in_turn(calls, seconds)
    return {name: Times(tuple(s / MANY for s in time.each)) for name, time in found.items()}


def _many(call: Callable[[], object]) -> object:
    """Each result is held until the next one is there, as in a loop over a stream."""
    seen = None
    for _ in range(MANY):
        seen = call()
    return seen


def table(rows: list[dict[str, Any]]) -> Table:
    """What a person reads."""
    names = list(rows[0]["microseconds"])
    made = grid("cell", "B,H", right=names)
    for row in rows:
        figures = (f"{row['microseconds'][name]:.1f}" for name in names)
        made.add_row(row["cell"], f"{row['B']},{row['H']}", *figures)
    return made
