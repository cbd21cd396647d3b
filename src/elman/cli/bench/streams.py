"""Time cells without a matrix on the state beside a copy of the bytes they must touch.

The recurrences of minGRU, RG-LRU and IndRNN, with what their input's products give handed over as
sequences. `of a copy` is the time by that of a copy: 1 where nothing is left to gain.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Measuring, printed, shapes


@dataclass(frozen=True)
class Options(Measuring):
    pass


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.bench import streams

    sizes = shapes(options.shapes) or streams.SHAPES
    return printed(
        options, shared, "streams",
        lambda tell: streams.measure(sizes, options.seconds, options.threads, tell),
        lambda results: [streams.table(results)],
    )  # fmt: skip
