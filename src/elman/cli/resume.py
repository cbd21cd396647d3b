"""Go on with a run exactly where it stopped.

RUN is a run folder, its name in runs/, or the four characters at the end of that. Before the first
checkpoint it starts over; a finished run is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from elman.cli import Shared, warn


@dataclass(frozen=True)
class Options:
    run: Positional[str] = "latest"
    """The run; without one, the latest in runs/."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api
    from elman.cli._training import report
    from elman.runs import find
    from elman.training import Display

    with Display(shared.console()) as watcher:
        trained = api.resume(options.run, watcher=watcher, warn=warn)
    if trained is not None:
        return report(trained, shared)
    folder = find(options.run).folder
    shared.console().print(
        f"{folder} is done: to train longer, start a new run with more --minutes.", soft_wrap=True
    )
    return {"run": str(folder), "done": True}
