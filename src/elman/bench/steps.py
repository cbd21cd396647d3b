"""A step of a stream from Python beside torch's cells: frozen, with gradient, there and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from rich.table import Table
from torch import Tensor, nn

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
    """Seconds of a step: all candidates in turn."""
    rows, units = size
    ours, theirs = Recurrent(cell, units, units), CELLS[cell](units, units)
    x = torch.randn(rows, units)
    zero = ours.zero_state(rows)
    single = isinstance(zero, Tensor)
    one = zero[0] if single else tuple(part[0] for part in zero)

    def rival(x: Tensor, state: Any) -> tuple[Tensor, Any]:
        state = theirs(x, state)
        return state if single else state[0], state

    def frozen() -> None:
        with ours.frozen():  # entered once for many steps, as a stream does
            _walk(ours.step, x, zero)

    def without_gradient() -> None:
        with torch.no_grad():
            _walk(rival, x, one)

    calls: dict[str, Callable[[], None]] = {
        "frozen": frozen,
        "torch": without_gradient,
        "gradient": lambda: _walk(ours.step, x, zero),
        "torch gradient": lambda: _walk(rival, x, one),
        "and back": lambda: _walk(ours.step, x, zero, back=True),
        "torch and back": lambda: _walk(rival, x, one, back=True),
    }
    for call in calls.values():
        call()
    found = in_turn(calls, seconds)
    return {name: Times(tuple(s / MANY for s in time.each)) for name, time in found.items()}


def _walk(
    step: Callable[[Tensor, Any], tuple[Tensor, Any]], x: Tensor, state: Any, *, back: bool = False
) -> None:
    """Many steps, each from the state after the one before; and the way back through all."""
    y = x
    for _ in range(MANY):
        y, state = step(x, state)
    if back:
        y.sum().backward()


def table(rows: list[dict[str, Any]]) -> Table:
    """What a person reads."""
    names = list(rows[0]["microseconds"])
    made = grid("cell", "B,H", right=names)
    for row in rows:
        figures = (f"{row['microseconds'][name]:.1f}" for name in names)
        made.add_row(row["cell"], f"{row['B']},{row['H']}", *figures)
    return made
