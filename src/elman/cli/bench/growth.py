"""Show how the time of a training step grows with the steps and with the rows.

From 16 to 65,536 steps of one row, and from 1 to 1,024 rows of 16 steps, with 64 units. `each` is
the time for one step of one row; `growth` how many times as long that is as at best so far: near 1
all the way down where time grows with the work alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Saving, printed


@dataclass(frozen=True)
class Options(Saving):
    cells: tuple[str, ...] = ("rnn", "gru", "lstm")
    """Which cells of the shelf."""
    seconds: float = 5.0
    """How long to measure each line."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.bench import growth

    return printed(
        options, shared, "growth",
        lambda tell: growth.measure(options.cells, options.seconds, options.threads, tell),
        lambda results: [growth.table(results)],
    )  # fmt: skip
