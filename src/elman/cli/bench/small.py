"""Time small sequences and single steps: few rows, few units, where every call counts.

A training step of rnn, gru and lstm with 1 to 4 rows and 16 to 128 units beside torch's layers,
loops and JAX; then one step of a stream, frozen (no gradient, `with layer.frozen():`) and with
gradient, beside torch's cells without and with, in microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Plotting, measured

SHAPES = ("64,1,16", "64,1,64", "64,4,64", "64,4,128")


@dataclass(frozen=True)
class Options(Plotting):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru and lstm; all of them unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.bench import steps

    cells = options.cells or tuple(steps.CELLS)
    return measured(options, shared, cells, "small", usual=SHAPES, steps=True)
