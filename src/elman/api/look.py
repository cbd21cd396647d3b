"""Looking at runs: the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from elman.api.opened import open_run
from elman.runs import ROOT
from elman.viewer import Home, folder_to_view, serve

Say = Callable[[str], None]


def view(
    folder: str | Path = ROOT, port: int = 0, *, browser: bool = True, said: Say = print
) -> None:
    """Serve the page over the runs of a folder on this machine, until Ctrl-C.

    `said` is told its address, with the key that lets a browser in; `port` 0 takes a free one.
    ConfigError if the folder or the extra `elman[view]` is missing, or the port is taken.
    """
    # the type checker does not take a cached property for a property
    home = Home(folder_to_view(Path(folder)), open_run)  # pyright: ignore[reportArgumentType]
    serve(home, port, browser=browser, said=said)
