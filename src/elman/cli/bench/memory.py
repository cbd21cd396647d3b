"""Measure the most memory that a training step takes, beside torch's layers.

Each runs in a process of its own, at T,B,H = 512,64,512 unless told otherwise; the input and the
weights, which all have, are not counted. Linux alone can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Saving, printed, shapes


@dataclass(frozen=True)
class Options(Saving):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru and lstm; all of them unless told otherwise."""
    shapes: tuple[str, ...] = ()
    """Time steps, rows and units, such as 512,64,512; the input is as wide as the state."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.bench import Settings, memory

    sizes = shapes(options.shapes) or memory.SHAPES
    settings = Settings(options.cells or memory.CELLS, sizes, threads=options.threads)
    return printed(
        options, shared, "memory", lambda tell: memory.measure(settings, tell),
        lambda results: [memory.table(results)],
    )  # fmt: skip
