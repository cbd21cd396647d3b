"""Evolve cells: mutate equations, train what comes out, keep the best.

Every child of the hundred best must first learn to repeat five letters, then come near to the GRU
in each task; half of the turns go to random search, so that you see what chance alone finds. It all
is in one file of the run folder: kill it at any moment, and --resume goes on.

  elman search --minutes 30                   in a fresh folder of runs/
  elman search --candidates 10000             a night
  elman search --resume --minutes 60          the latest search, an hour more
  elman cell RUN:812 > mine.eq                a cell of it, by its number
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from elman.cli import Shared
from elman.cli._options import RunFolder, check_above_zero, listed


@dataclass(frozen=True)
class Options:
    minutes: Annotated[
        float | None, arg(metavar="FLOAT", help_behavior_hint="(30, if no end is given)")
    ] = None
    """Wall-clock time to search; the last part of it trains the winners anew."""
    candidates: Annotated[int | None, arg(metavar="INT", help_behavior_hint="")] = None
    """New cells to test, counted from the beginning of the search."""
    folder: RunFolder = None
    """The run folder to make or, with --resume, to go on with."""
    resume: bool = False
    """Go on with a search, the latest one unless --run names another, by the options that it began
    with."""
    workers: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(one for each core)")] = (
        None
    )
    """Processes that train, one thread each."""
    dask: Annotated[str | None, arg(metavar="ADDRESS", help_behavior_hint="")] = None
    """Train on a dask cluster: tcp://HOST:PORT, or `local` for one on this machine."""
    tasks: str = "arithmetic,xml,text"
    """What cells have to learn, with commas between them, the quickest first: also copying, adding,
    parity, brackets, xml10, arithmetic8, memorization, and text:FILE."""
    settings: int = 6
    """Random settings of each task: scale of first weights, learning rate, largest gradient."""
    budget: int = 9600
    """Examples that each training of a task reads."""
    parameters: int = 12000
    """Size of the nets in tasks: the same for every cell."""
    test: int = 22400
    """Examples that the memorization test reads."""
    control: float = 0.5
    """Share of turns that go to random search; 0 for none."""
    crossover: float = 0.0
    """Share of children with two parents."""
    halving: bool = False
    """Stop the worse half of the settings after a third of the budget."""
    fresh: int = 3
    """Times that each winner is trained anew at the end."""
    best: int = 100
    """Cells that are kept as parents."""
    lag: int = 24
    """A turn knows the results of turns so far back: at least twice as many as workers."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman.cli._searching import begin, go_on
    from elman.search.plan import Budget, Plan

    check_above_zero(
        minutes=options.minutes, candidates=options.candidates, workers=options.workers
    )
    ends = {"minutes": options.minutes or 0.0, "candidates": options.candidates or 0}
    where = {"workers": options.workers or 0, "dask": options.dask}
    if options.resume:
        return go_on(options.folder or "latest", shared, **ends, **where)
    plan = Plan(
        seed=shared.seed or 0,
        tasks=listed(options.tasks),
        settings=options.settings,
        task=Budget.of(options.budget, parameters=options.parameters),
        memorization=Budget.of(options.test, parameters=20_000),
        control=options.control,
        crossover=options.crossover,
        halving=options.halving,
        fresh=options.fresh,
        best=options.best,
        lag=options.lag,
    )
    return begin(plan, options.folder, shared, **ends, **where)
