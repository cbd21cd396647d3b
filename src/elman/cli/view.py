"""Open the page that shows runs and searches: curves, samples, what each unit learned.

FOLDER holds the runs; without one, runs/. The page is served on this machine alone. Its address,
with the key that lets a browser in, is the one line on standard output; Ctrl-C ends it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from elman.cli import Shared


@dataclass(frozen=True)
class Options:
    folder: Positional[Path] = Path("runs")
    """The folder with runs in it, or a run."""
    port: int = 0
    """The port; 0 takes a free one."""
    no_browser: bool = False
    """Print the address only, and open no browser."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import api

    told = list[str]()

    def said(address: str) -> None:
        told.append(address)
        print(address, flush=True)
        if not shared.quiet:
            print("Ctrl-C ends it.", file=sys.stderr)

    api.view(options.folder, options.port, browser=not options.no_browser, said=said)
    return {"address": told[0]}
