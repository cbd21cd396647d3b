"""What `train`, `resume` and `demo` say at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from elman.cli._call import Shared, Stopped

if TYPE_CHECKING:
    from elman.api import Trained

_SIGNALS = 128  # a shell reports a process that a signal ended as 128 and its number


def report(trained: Trained, shared: Shared, *, advice: bool = True) -> dict[str, object]:
    """Print how it went and what to do next; Stopped if a signal ended it early."""
    result = trained.to_dict()
    if trained.signal is not None:
        raise Stopped(
            f"stopped after step {trained.steps:,} and saved; go on with: elman resume "
            f"{trained.run}",
            result,
            status=_SIGNALS + trained.signal,
        )
    from elman import api

    console = shared.console(always=True)
    loss = trained.val_loss
    said = "" if loss is None else f": {loss:.4f} nats, {loss / math.log(2):.4f} bits per character"
    console.print(
        f"{trained.steps:,} steps in {trained.seconds:.0f} s, {trained.parameters:,} parameters, "
        f"{trained.tokens_per_second:,.0f} characters/s\nheld out{said}\nrun {trained.run}",
        soft_wrap=True,
    )
    if tables := api.open_run(trained.run).tables():
        print(f"\n{tables}")
    elif advice and not shared.quiet:
        console.print(f"next: elman sample {trained.run}", soft_wrap=True)
    return result
