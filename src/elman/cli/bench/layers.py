"""Time a training step of rnn, gru, lstm and MUT1 beside torch's layers, a loop and JAX.

All candidates get the same numbers, are checked against one another first, and then take turns in
one process. The table says how many times as long as Elman the others take (the median over rounds:
above 1, Elman is faster), and how near Elman comes to the speed at which this machine multiplies
matrices. JAX takes part if it is installed: pip install "elman[bench]".
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Measuring, shapes


@dataclass(frozen=True)
class Options(Measuring):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru, lstm and mut1; all of them unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import bench

    settings = bench.Settings(
        options.cells or bench.CELLS,
        shapes(options.shapes) or bench.SHAPES,
        options.seconds,
        options.threads,
    )
    console = shared.console()
    with console.status("measuring") as status:
        results = bench.measure(settings, lambda what: status.update(f"measuring {what}"))
    if not shared.json:
        _print(results)
    if options.save:
        console.print(f"saved {bench.save(results, options.save, 'layers')}", soft_wrap=True)
    return results


def _print(results: dict[str, object]) -> None:
    from rich.console import Console

    from elman import bench

    console = Console(highlight=False)
    for part in bench.tables(results):
        console.print(part, soft_wrap=isinstance(part, str))
