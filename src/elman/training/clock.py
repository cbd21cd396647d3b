"""How far a training has come, from 0 to 1, in steps or in time, over any number of sittings.

The time counts from the start of the run to its very end, so a part of it is put aside for the
last evaluation and the last checkpoint.
"""

from __future__ import annotations

import math
import time

_FIRST_RESERVE = 0.03  # share of the time put aside until an evaluation has been timed
FIRST_LOOK = 0.3  # early, to see what it writes before it can
DEAR = 0.05  # share of the time from which on the first evaluation is left to the end


class Clock:
    """Counts steps and seconds. `since` is when this sitting began, as `time.monotonic` gives it,
    so that what happened before the first step (reading, compiling) counts too."""

    def __init__(self, minutes: float, steps: int, since: float | None = None) -> None:
        self.limit = 60 * minutes
        self.steps = steps
        self.step = 0
        self._before = 0.0
        self._first = 0.0
        self._since = time.monotonic() if since is None else since
        self._last_look: float | None = None
        self._expected = 0.0
        self._sure = False

    @property
    def seconds(self) -> float:
        """Time spent in this sitting and in those before it."""
        return self._before + time.monotonic() - self._since

    @property
    def reserve(self) -> float:
        """Seconds put aside for the end."""
        if self._last_look is None and not (self.dear and self._sure):
            return _FIRST_RESERVE * self.limit
        return min(1.15 * (self._last_look or self._expected) + 0.2, self.limit / 2)

    @property
    def dear(self) -> bool:
        """Whether the first evaluation would take so long that it is left to the end."""
        return self._last_look is None and 0 < DEAR * self.limit < self._expected

    def progress(self) -> float:
        """From 0 to 1: the larger one of the shares of steps and of time."""
        return self._share(0.0)

    def schedule(self) -> float:
        """From 0 to 1, for the learning rate: it does not fall while the first step is compiled."""
        return self._share(self._first) if self.step else 0.0

    def _share(self, start: float) -> float:
        shares = [0.0]
        if self.steps:
            shares.append(self.step / self.steps)
        if self.limit:
            whole = self.limit - self.reserve - start
            shares.append((self.seconds - start) / max(whole, 1e-9))
        return min(1.0, max(shares))

    def stepped(self) -> None:
        """Count a step."""
        self.step += 1
        if self.step == 1:
            self._first = self.seconds

    def left(self) -> float:
        """Seconds still to go, judged by what has been; NaN at the very start."""
        done = self.progress()
        return self.seconds / done * (1 - done) if done else math.nan

    def expect(self, seconds: float, *, sure: bool = True) -> None:
        """Note what an evaluation should take, judged by a step, until one has been timed.

        Not `sure`, it may be far less: the first step compiles. Then the evaluation waits, but no
        time is put aside for it.
        """
        self._expected, self._sure = seconds, sure

    def looked(self, seconds: float) -> None:
        """Note what an evaluation took, the sample and the checkpoint included."""
        self._last_look = max(seconds, self._last_look or 0.0)

    def spacing(self, looks: int) -> float:
        """Progress between evaluations, more if they would take a tenth of the time.

        The first of them comes after `FIRST_LOOK` of it, and the last at the end.
        """
        usual = 1 / (max(1, looks) - 1 + FIRST_LOOK)
        if not self.limit or self._last_look is None:
            return usual
        return max(usual, self._last_look / (0.1 * self.limit))

    def facts(self) -> dict[str, float | int | None]:
        """What a checkpoint keeps."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "first": self._first,
            "look": self._last_look,
        }

    def restore(self, facts: dict[str, float | int | None]) -> None:
        """Go on from what a checkpoint kept."""
        self.step = int(facts["step"] or 0)
        self._before = float(facts["seconds"] or 0.0)
        self._first = float(facts.get("first") or 0.0)
        self._last_look = facts["look"]
