"""Compare cells: the same tasks, examples, settings and number of parameters for each.

Each cell gets random settings in each task, and the best accuracy counts; the whole is repeated
from other seeds, which gives every figure its interval. Names of the published table do as well:
lstm-no-forget, lstm-no-input, lstm-no-output.

  elman compare                                            the published comparison, small
  elman compare --tasks arithmetic8,xml10 --budget 200000  its own tasks, larger
  elman compare --grid --tasks text                        depth x width, for rnn, lstm and gru
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import arg

from elman.cli import Shared
from elman.cli._options import listed
from elman.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

DEPTHS, WIDTHS = (1, 2, 3), (16, 32, 64)


@dataclass(frozen=True)
class Options:
    cells: Annotated[str, arg(help_behavior_hint="(those of the paper)")] = ""
    """Cells to compare, with commas between them: names, or paths of equations."""
    tasks: str = "arithmetic,xml,text"
    """Tasks, with commas between them: also copying, adding, parity, brackets, arithmetic8, xml10,
    memorization, and text:FILE."""
    budget: int = 9600
    """Examples that each training reads."""
    parameters: int = 12000
    """Size of the nets: the same for every cell."""
    settings: int = 6
    """Random settings; the best one counts."""
    times: int = 3
    """How often all of it is done."""
    grid: bool = False
    """Vary depth (1, 2, 3) and width (16, 32, 64 units), as in Karpathy et al. 2015."""
    workers: Annotated[int, arg(help_behavior_hint="(one for each core)")] = 0
    """Processes that train, one thread each."""
    dask: Annotated[str | None, arg(metavar="ADDRESS", help_behavior_hint="")] = None
    """Train on a dask cluster: tcp://HOST:PORT, or `local`."""
    plot: Path | None = None
    """Draw the accuracies with their intervals, to a file that ends in .svg."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    import os

    from elman.search import chart
    from elman.search.compare import CELLS, GRID_CELLS, Comparison, compare, named
    from elman.search.plan import Budget
    from elman.search.workers import pool

    if options.plot and options.plot.suffix != ".svg":
        raise ConfigError(f"--plot draws a file that ends in .svg, not {options.plot.name}")
    usual = GRID_CELLS if options.grid else CELLS
    wish = Comparison(
        cells=tuple(map(named, listed(options.cells))) or usual,
        tasks=listed(options.tasks),
        budget=Budget.of(options.budget, parameters=options.parameters),
        settings=options.settings,
        times=options.times,
        seed=shared.seed or 0,
        depths=DEPTHS if options.grid else (1,),
        widths=WIDTHS if options.grid else (),
    ).check()
    executor, _ = pool(options.workers or os.cpu_count() or 1, options.dask)
    try:
        with shared.console().status("comparing") as status:
            report = compare(wish, executor, lambda said: status.update(f"comparing, {said}"))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    if options.plot:
        options.plot.write_text(chart.draw(report), encoding="utf-8")
        shared.console().print(f"drawn {options.plot}", soft_wrap=True)
    if not shared.json:
        for part in tables(report):
            shared.console(always=True).print(part)
    return report


def tables(report: dict[str, Any]) -> Iterator[Table | str]:
    """As in the paper: a row for each cell, a column for each task; for a grid, one for each."""
    from rich.table import Table

    from elman.search.chart import label

    labels = list(dict.fromkeys(label(row) for row in report["rows"]))
    found = Table(box=None, pad_edge=False)
    found.add_column("cell")
    for task in report["tasks"]:
        found.add_column(task, justify="right")
    for name in labels:
        rows = [row for row in report["rows"] if label(row) == name]
        found.add_row(name, *map(_shown, rows))
    yield (
        f"best accuracy of {report['settings']} settings, {report['examples']:,} examples each; "
        f"mean of {report['times']} and its 95 % interval"
    )
    yield found


def _shown(row: dict[str, Any]) -> str:
    if not row["all"]:
        return "broken"
    half = row["interval"]
    return f"{row['mean']:.4f}" + (f" ± {half:.4f}" if half != float("inf") else "")
