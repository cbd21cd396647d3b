"""Time a training step of cells that torch has no layer for, beside loops and JAX.

MUT1, the minimal gated unit, the peephole LSTM and the layer-normalized LSTM, as people write them
by hand. All candidates get the same numbers, are checked against one another first, and then take
turns in one process; above 1, Elman is faster. JAX and torchrecurrent take part if they are
installed: pip install "elman[bench]".
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Plotting, measured


@dataclass(frozen=True)
class Options(Plotting):
    cells: tuple[str, ...] = ()
    """Which of mut1, mgu, lstm_peephole, lstm_layernorm, rnn, gru and lstm; the first four unless
    told otherwise."""
    compile: bool = False
    """Let torch.compile take part: it needs minutes for each cell and shape."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import bench

    cells = options.cells or bench.OTHERS
    return measured(options, shared, cells, "cells", compile=options.compile)
