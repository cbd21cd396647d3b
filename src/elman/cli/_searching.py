"""A search in the terminal: a live table while it runs, what it found, and how to go on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.cli._call import Shared, Stopped

if TYPE_CHECKING:
    from rich.table import Table

    from elman.search.drive import Progress
    from elman.search.plan import Plan
    from elman.search.start import Searched

SHOWN = 8  # of the best cells
CHANGE = 34  # characters of what was changed last
REFRESH = 1.0  # seconds


def begin(plan: Plan, folder: Path | None, shared: Shared, **options: Any) -> dict[str, object]:
    """Begin a search and stay with it."""
    from elman.search import start

    return _run(shared, lambda **more: start.search(plan, folder=folder, **options, **more))


def go_on(name: str | Path, shared: Shared, **options: Any) -> dict[str, object]:
    """Go on with a search."""
    from elman.search import start

    return _run(shared, lambda **more: start.resume(_latest(name), **options, **more))


def _latest(name: str | Path) -> str | Path:
    """The latest search in runs/, if just the latest run was asked for."""
    from elman.runs import LATEST, listing
    from elman.search.read import is_search

    if name != LATEST:
        return name
    searches = [run for run in listing() if is_search(run.folder)]
    return searches[0].folder if searches else name


def _run(shared: Shared, search: Callable[..., Searched]) -> dict[str, object]:
    from elman.training import listening

    with listening() as request, _live(shared) as watch:
        done = search(watch=watch, stopped=lambda: request.number is not None)
    report = done.report
    result: dict[str, object] = {**report, "overhead_per_turn": done.overhead}
    if request.number is not None:
        raise Stopped(
            f"stopped after {report['candidates']:,} candidates, all of them saved; go on with: "
            f"elman search --resume --run {done.folder}",
            result,
            number=request.number,
        )
    console = shared.console(always=True)
    for part in pages(report):
        console.print(part, soft_wrap=isinstance(part, str), markup=False)
    best = report["best"]
    if best and not shared.quiet:
        console.print(f"next: elman cell {done.folder}:{best['cell']} > mine.eq", soft_wrap=True)
    return result


@contextlib.contextmanager
def _live(shared: Shared) -> Generator[Callable[[Progress], None]]:
    """A table that is drawn anew once a second; in a log, a line a minute."""
    from rich.live import Live

    console, last = shared.console(), 0.0
    if not console.is_terminal:
        yield _lines(shared)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def watch(progress: Progress) -> None:
            nonlocal last
            if time.monotonic() - last >= REFRESH:
                last = time.monotonic()
                live.update(table(progress), refresh=True)

        yield watch


def _lines(shared: Shared) -> Callable[[Progress], None]:
    last = time.monotonic()

    def watch(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= 60:
            last = time.monotonic()
            shared.console().print(_headline(progress), soft_wrap=True)

    return watch


def _headline(progress: Progress) -> str:
    seconds = progress.journal.seconds
    rate = progress.counted / seconds * 3600 if seconds else 0.0
    minutes, rest = divmod(int(seconds), 60)
    passed = sum(
        (one.memorization or 0) >= progress.journal.plan.mark
        for one in progress.turns
        if one.counts
    )
    return (
        f"{minutes}:{rest:02d}  {progress.phase}: {progress.counted:,} candidates, "
        f"{rate:,.0f} an hour, {passed:,} passed the test"
    )


def table(progress: Progress) -> Table:
    """The best cells so far, and how far the search is."""
    from rich.table import Table

    from elman.search.read import best_cells

    found = Table(title=_headline(progress), title_justify="left", box=None, pad_edge=False)
    tasks = progress.journal.plan.tasks
    for name in ("cell", "from", "score", *tasks):
        found.add_column(name, justify="left" if name == "from" else "right", no_wrap=True)
    found.add_column("last change", no_wrap=True)
    for cell, score in best_cells(progress.turns)[:SHOWN]:
        one = progress.turns[cell]
        shares = [f"{one.accuracies[task]:.3f}" for task in tasks]
        origin = one.kind if one.arm == "evolution" else one.arm
        last = one.changes[-1] if one.changes else ""
        said = last if len(last) <= CHANGE else last[: CHANGE - 3] + "..."
        found.add_row(str(cell), origin, f"{score:.3f}", *shares, said)
    return found


def pages(report: dict[str, Any]) -> Iterator[Table | str]:
    """What a person reads at the end."""
    rate, seconds = report["per_hour"], report["seconds"]
    yield (
        f"{report['candidates']:,} candidates in {seconds / 60:.1f} minutes, {rate:,.0f} an hour; "
        f"{report['passed_memorization']:,} passed the memorization test"
    )
    yield _arms(report)
    if report["fresh"]:
        yield _fresh(report)
    yield report["verdict"]
    if best := report["best"]:
        yield f"\nbest: cell {best['cell']}, score {best['score']:.3f}\n\n{best['text']}"
    yield f"run {report['run']}"


def _arms(report: dict[str, Any]) -> Table:
    from rich.table import Table

    found = Table(box=None, pad_edge=False)
    for name in ("", "candidates", "passed", "all tasks", "best", "mean of ten"):
        found.add_column(name, justify="right" if name else "left")
    for arm in ("evolution", "control"):
        row = report[arm]
        best = f"{row['best']['score']:.3f}" if row["best"] else "-"
        mean = "-" if row["mean_of_best_ten"] is None else f"{row['mean_of_best_ten']:.3f}"
        counts = (row["candidates"], row["passed_memorization"], row["ran_all_tasks"])
        found.add_row(arm, *map(str, counts), best, mean)
    return found


def _fresh(report: dict[str, Any]) -> Table:
    from rich.table import Table

    found = Table(box=None, pad_edge=False)
    for name in ("trained anew", "side", "chosen by", "mean", "95 %", "times"):
        found.add_column(name, justify="left" if name in ("trained anew", "side") else "right")
    for row in report["fresh"]:
        chosen = "-" if row["chosen_by"] is None else f"{row['chosen_by']:.3f}"
        width = row["interval"]
        shown = f"± {width:.3f}" if width is not None and width != float("inf") else ""
        mean, times = f"{row['mean']:.3f}", str(row["times"])
        found.add_row(row["name"], row["arm"], chosen, mean, shown, times)
    return found


def stage_table(report: dict[str, Any]) -> Iterator[Table | str]:
    """Candidates an hour, and what each stage takes of a worker."""
    from rich.table import Table

    yield (
        f"{report['candidates']:,} candidates in {report['seconds']:.0f} s: "
        f"{report['per_hour']:,.0f} an hour"
    )
    found = Table(box=None, pad_edge=False)
    for name in ("stage", "runs", "seconds each", "share", "an hour, one worker"):
        found.add_column(name, justify="left" if name == "stage" else "right")
    for stage, row in report["by_stage"].items():
        speed = f"{row['per_hour']:,.0f}" if row["per_hour"] else "-"
        each = f"{row['each']:.3f}"
        found.add_row(stage, f"{row['runs']:,}", each, f"{row['share']:.0%}", speed)
    yield found
    if (overhead := report.get("overhead_per_turn")) is not None:
        yield f"the search itself: {overhead * 1000:.1f} ms a turn"
