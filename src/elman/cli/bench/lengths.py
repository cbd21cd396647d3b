"""Time a training step on rows of uneven length beside the padded one and torch's packed one.

Lengths are uniform between 1 and T. `share` is the sum of lengths by T times B; `excess` is how
many times that share of the padded call's time the ragged call takes: 1 where time goes with the
sum of lengths alone. `torch packed` is how many times as long torch takes with a PackedSequence.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Measuring, printed, shapes


@dataclass(frozen=True)
class Options(Measuring):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru and lstm; all of them unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.bench import Settings, lengths

    settings = Settings(
        options.cells or lengths.CELLS,
        shapes(options.shapes) or lengths.shapes(),
        options.seconds,
        options.threads,
    )
    return printed(
        options, shared, "lengths", lambda tell: lengths.measure(settings, tell),
        lambda results: [lengths.table(results)],
    )  # fmt: skip
