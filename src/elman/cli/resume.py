"""Go on with a run, a training or a search, exactly where it stopped.

RUN is a run folder, its name in runs/, or the four characters at the end of that. Before the first
checkpoint it starts over; a finished run is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional, arg

from elman.cli import Shared, warn
from elman.errors import ConfigError


@dataclass(frozen=True)
class Options:
    run: Positional[str] = "latest"
    """The run; without one, the latest in runs/."""
    minutes: Annotated[float, arg(help_behavior_hint="(30, if no end is given)")] = 0.0
    """Of a search: wall-clock time to go on."""
    candidates: Annotated[int, arg(help_behavior_hint="")] = 0
    """Of a search: new cells to test, counted from its beginning."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api
    from elman.cli._training import report
    from elman.runs import find
    from elman.search.read import is_search
    from elman.training import Display

    if is_search(folder := find(options.run).folder):
        from elman.cli._searching import go_on

        return go_on(folder, shared, minutes=options.minutes, candidates=options.candidates)
    if options.minutes or options.candidates:
        raise ConfigError(f"{folder} is a training: only a search takes --minutes or --candidates")
    with Display(shared.console()) as watcher:
        trained = api.resume(options.run, watcher=watcher, warn=warn)
    if trained is not None:
        return report(trained, shared)
    shared.console().print(
        f"{folder} is done: to train longer, start a new run with more --minutes.", soft_wrap=True
    )
    return {"run": str(folder), "done": True}
