"""What `train`, `resume` and `demo` say at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from elman.cli._call import Shared, Stopped
from elman.cli._options import check_above_zero

if TYPE_CHECKING:
    from elman.api import Trained


def train_task(task: str, options: object, shared: Shared) -> dict[str, object]:
    """Train with the options of a command, and say how it went."""
    from elman import api
    from elman.training import Display

    given = dict(vars(options))
    source = given.pop("data")
    ends = {end: given.pop(end) for end in ("minutes", "steps")}
    check_above_zero(**ends)
    given |= {end: number for end, number in ends.items() if number is not None}
    with Display(shared.console()) as watcher:
        trained = api.train(source, task=task, seed=shared.seed or 0, watcher=watcher, **given)
    return report(trained, shared)


def report(trained: Trained, shared: Shared, *, advice: bool = True) -> dict[str, object]:
    """Print how it went and what to do next; Stopped if a signal ended it early."""
    result = trained.to_dict()
    if trained.signal is not None:
        raise Stopped(
            f"stopped after step {trained.steps:,} and saved; go on with: elman resume "
            f"{trained.run}",
            result,
            number=trained.signal,
        )
    from elman import api

    console = shared.console(always=True)
    opened = api.open_run(trained.run)
    writes, loss = opened.config.task == "text", trained.val_loss
    bits = "" if loss is None or not writes else f", {loss / math.log(2):.4f} bits per character"
    said = "" if loss is None else f"held out: {loss:.4f} nats{bits}\n"
    if not trained.steps:
        said = "nothing was learned: the time was over before the first step; give more --minutes\n"
    console.print(
        f"{trained.steps:,} steps in {trained.seconds:.0f} s, {trained.parameters:,} parameters, "
        f"{trained.tokens_per_second:,.0f} {trained.unit}/s\n{said}run {trained.run}",
        soft_wrap=True,
    )
    if not trained.steps:
        return result
    if not writes:
        found = api.evaluate(trained.run, seed=shared.seed or 0)
        print(f"\n{api.tell(found)}")
        result["evaluation"] = {k: v for k, v in found.items() if k not in ("run", "step", "task")}
    if tables := opened.tables():
        print(f"\n{tables}")
    elif advice and not shared.quiet:
        then = f"sample {trained.run}" if writes else f"predict {trained.run} INPUT"
        console.print(f"next: elman {then}", soft_wrap=True)
    return result
