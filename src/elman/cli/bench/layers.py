"""Time a training step of rnn, gru, lstm and MUT1 beside torch's layers, a loop and JAX.

All candidates get the same numbers, are checked against one another first, and then take turns in
one process. The table says how many times as long as Elman the others take (the median over rounds:
above 1, Elman is faster), and how near Elman comes to the speed at which this machine multiplies
matrices. JAX takes part if it is installed: pip install "elman[bench]".
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Plotting, measured


@dataclass(frozen=True)
class Options(Plotting):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru, lstm and mut1; all of them unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import bench

    return measured(options, shared, options.cells or bench.CELLS, "layers")
