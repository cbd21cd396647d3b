"""Opened models, what was held out, and readings, kept while the viewer runs.

A text that was pasted lies in the run folder (`probes/texts/`), so that an address with it works
tomorrow, too. What the model did while reading it is made anew when it is asked for, in a folder
of its own that is mapped into memory and goes away with the viewer.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from elman.data import TextData, Vocabulary
from elman.errors import DataError, ElmanError, RunError
from elman.models import LanguageModel
from elman.probe import Reading, read
from elman.runs import Run, disk
from elman.viewer.missing import NotHere

OWN = "held-out"  # the text that is read when none was pasted
OWN_LENGTH = 10_000  # its characters
MOST_TEXT = 100_000  # characters of a pasted text
KEPT = 6  # readings; one of 100,000 characters and 512 units takes 600 MB of disk
RESULTS = 64  # of searches and measurements
_NAME = re.compile(r"[0-9a-f]{16}")


class Opened(Protocol):
    """A run with its model: `elman.api.OpenRun`. Its text it has only if it learned one."""

    @property
    def model(self) -> LanguageModel | Any: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def step(self) -> int: ...
    @property
    def text(self) -> TextData: ...
    @property
    def skill(self) -> Any: ...
    @property
    def data(self) -> Any: ...


Opener = Callable[[Path], Opened]


class Readings:
    """Models by run and readings by run, step and text. One reading is made at a time, one search
    or measurement, and the data of one run read, each behind a lock of its own.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._busy, self._finding = threading.RLock(), threading.Lock()
        self._fetching = threading.Lock()
        self._models = dict[Path, tuple[object, Opened]]()
        self._held_out = OrderedDict[Path, Sequence[Any]]()
        self._kept = OrderedDict[tuple[Path, int, str], Reading]()
        self._made_before = OrderedDict[tuple[object, ...], Any]()
        self._place = tempfile.mkdtemp(prefix="elman-view-")
        weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)

    def open(self, run: Run) -> Opened:
        """The run as `trained` has it; RunError if it is of another task than writing text."""
        opened = self.trained(run)
        if not isinstance(opened.model, LanguageModel):
            raise RunError(
                f"{run.folder.name} was trained on {run.facts().get('task')}, and this is for "
                "models that write text: see the panels of its own task"
            )
        return opened

    def trained(self, run: Run) -> Opened:
        """The run with the weights of its best checkpoint; those of a moment ago if none is new."""
        there = [(found.step, found.score) for found in run.checkpoints().all()]
        with self._busy:
            known = self._models.get(run.folder)
            if known is None or known[0] != there:
                known = self._models[run.folder] = there, self._opener(run.folder)
            return known[1]

    def held_out(self, run: Run) -> Sequence[Any]:
        """What the run never learned from, in the order of its data, which is read once; DataError
        if that is gone or has changed.
        """
        opened = self.trained(run)
        with self._fetching:  # thousands of pictures take a while to be compared
            if run.folder not in self._held_out:
                try:
                    self._held_out[run.folder] = opened.data.validation
                except ElmanError as error:
                    raise DataError(f"what was held out cannot be shown: {error}") from error
                while len(self._held_out) > KEPT:
                    self._held_out.popitem(last=False)
            return self._held_out[run.folder]

    def read(self, run: Run, name: str, step: int | None = None) -> Reading:
        """The reading of a text, by the best checkpoint or, if it was made before, that of `step`.

        NotHere if there is no such text, or no reading of that step any more.
        """
        if step is not None and (found := self._kept.get((run.folder, step, name))):
            return found
        with self._busy:
            opened = self.open(run)
            key = (run.folder, opened.step, name)
            if step not in (None, opened.step):
                raise NotHere(f"the run has moved on from step {step}: load the page again")
            if key not in self._kept:
                self._kept[key] = self._made(run, opened, name)
                while len(self._kept) > KEPT:
                    self._forget(self._kept.popitem(last=False)[1])
            self._kept.move_to_end(key)
            return self._kept[key]

    def remembered(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """What `make` makes, or what it made for this key a while ago."""
        with self._finding:
            if key not in self._made_before:
                self._made_before[key] = make()
                while len(self._made_before) > RESULTS:
                    self._made_before.popitem(last=False)
            return self._made_before[key]

    def put(self, run: Run, text: str) -> str:
        """Keep a text to be read; its name. DataError if it is empty or too long, RunError if the
        run reads none.
        """
        self.open(run)
        if not text.strip() or len(text) > MOST_TEXT:
            raise DataError(
                f"a text has 1 to {MOST_TEXT:,} characters, not {len(text):,}: paste another part"
            )
        raw = text.encode("utf-8", "surrogatepass")
        name = hashlib.sha256(raw).hexdigest()[:16]
        path = self._path(run, name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(path, raw)
        return name

    def text(self, run: Run, name: str) -> str:
        """A text by its name; NotHere if there is no such one."""
        if name == OWN:
            return self._own(run)
        if _NAME.fullmatch(name):
            try:
                return self._path(run, name).read_bytes().decode("utf-8", "surrogatepass")
            except OSError:
                pass
        raise NotHere(f"there is no text {name} in this run: paste it again")

    def _own(self, run: Run) -> str:
        """The beginning of what the run never learned from, or of what it learned."""
        try:
            text = self.open(run).text
        except DataError as error:
            raise DataError(f"the text of the run is gone ({error}); paste another one") from error
        return (text.validation or text.training)[:OWN_LENGTH]

    def _made(self, run: Run, opened: Opened, name: str) -> Reading:
        text = self.text(run, name)
        folder = Path(tempfile.mkdtemp(dir=self._place)) / "reading"
        return read(opened.model, opened.vocabulary, text, folder=folder, step=opened.step)

    def _forget(self, reading: Reading) -> None:
        if reading.folder is not None:
            disk.remove(reading.folder)

    def _path(self, run: Run, name: str) -> Path:
        return run.paths.probes / "texts" / f"{name}.txt"
