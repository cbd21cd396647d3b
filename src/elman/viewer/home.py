"""What the viewer is opened on: the runs of one folder, each under a name that fits an address.

A run is found by looking its name up among the runs that are there, never by joining a path with
what somebody asked for: nothing outside the folder can be named.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from elman.runs import Run, listing
from elman.viewer.missing import NotHere
from elman.viewer.readings import Opener, Readings
from elman.viewer.searches import Remembered, Searches

FRESH = 1.0  # seconds for which a listing is taken as it was
DEEP = 6  # folders below the one that was opened


class Home:
    """The runs in `folder`; `opener` opens one with its model (`elman.api.open_run`)."""

    def __init__(self, folder: Path, opener: Opener) -> None:
        self.folder = folder.resolve()
        self.readings, self.searches = Readings(opener), Searches()
        self._lock = threading.Lock()
        self._at, self._found = float("-inf"), dict[str, Run]()

    def runs(self) -> dict[str, Run]:
        """Name -> run, newest first. A folder inside another is `outer~inner`."""
        with self._lock:
            if time.monotonic() - self._at > FRESH:
                runs = listing(self.folder, deep=DEEP)
                self._found = {self._name(run): run for run in runs if self._is_inside(run)}
                self._at = time.monotonic()
            return self._found

    def run(self, name: str) -> Run:
        """The run of that name; NotHere if there is none."""
        found = self.runs().get(name)
        if found is None:
            raise NotHere(f"there is no run {name} here")
        return found

    def search(self, name: str) -> tuple[Run, Remembered]:
        """The run of that name, which is a search, and its turns; NotHere if there is none."""
        run = self.run(name)
        return run, self.searches.open(run)

    def _name(self, run: Run) -> str:
        inner = run.folder.relative_to(self.folder).parts
        return "~".join(inner) or self.folder.name or "run"

    def _is_inside(self, run: Run) -> bool:
        """Whether it lies in the folder really, and not through a link that leads out of it."""
        real = os.path.realpath(run.folder)
        return real == str(self.folder) or real.startswith(os.path.join(self.folder, ""))  # noqa: PTH118
