"""Time small sequences and single steps: few rows, few units, where every call counts.

A training step of rnn, gru and lstm with 1 to 4 rows and 16 to 128 units beside torch's layers,
loops and JAX; then one step of a stream, frozen (no gradient, `with layer.frozen():`), with
gradient, and there and back, beside torch's cells, in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elman.cli import Shared
from elman.cli.bench._measuring import Measuring, printed, shapes

SHAPES = ("64,1,16", "64,1,64", "64,4,64", "64,4,128")


@dataclass(frozen=True)
class Options(Measuring):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru and lstm; all of them unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import bench

    cells, sizes = options.cells or tuple(bench.steps.CELLS), shapes(options.shapes or SHAPES)
    settings = bench.Settings(cells, sizes, options.seconds, options.threads)

    def measure(tell: Callable[[str], None]) -> dict[str, Any]:
        sequences = bench.measure(settings, tell)
        threads = sequences["machine"]["threads"]
        return {**sequences, "steps": bench.steps.measure(cells, settings.seconds, threads, tell)}

    def tables(results: Mapping[str, Any]) -> Iterator[Any]:
        yield from bench.tables(results)
        yield "one step of a stream, in microseconds"
        yield bench.steps.table(results["steps"])

    return printed(options, shared, "small", measure, tables)
