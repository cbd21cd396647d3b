"""Count candidates: how many cells an hour a search gets through, and where the time goes.

Runs a search of its own in a folder that is removed, or with --run looks at one that is there.
With --idle nothing is trained, which leaves the cost of the search itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from elman.cli import Shared
from elman.cli._options import RunFolder


@dataclass(frozen=True)
class Options:
    minutes: float = 3.0
    """Wall-clock time to measure."""
    candidates: Annotated[int, arg(help_behavior_hint="")] = 0
    """New cells to test, in the place of --minutes."""
    workers: Annotated[int, arg(help_behavior_hint="(one for each core)")] = 0
    """Processes that train, one thread each."""
    dask: Annotated[str | None, arg(metavar="ADDRESS", help_behavior_hint="")] = None
    """Measure on a dask cluster: tcp://HOST:PORT, or `local`."""
    idle: bool = False
    """Train nothing: what the search costs by itself."""
    folder: RunFolder = None
    """Look at this search; nothing is run."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._searching import stage_table
    from elman.search import measure

    if options.folder:
        report = measure.of(options.folder)
    else:
        minutes = 0.0 if options.candidates else options.minutes
        with shared.console().status("searching"):
            report = measure.measure(
                minutes=minutes, candidates=options.candidates, workers=options.workers,
                dask=options.dask, idle=options.idle, seed=shared.seed or 0,
            )  # fmt: skip
    if not shared.json:
        for part in stage_table(report):
            shared.console(always=True).print(part)
    return report
