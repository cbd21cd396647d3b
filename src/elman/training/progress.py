"""Showing a run: a bar with the loss where there is a terminal, plain lines where there is none,
and at each evaluation what the model can say by now.
"""

from __future__ import annotations

import math
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from elman.training.clock import Clock

SHOWN = 280  # characters of a sample
REFRESH = 0.2  # seconds between two pictures of the bar


def in_bits(nats: float) -> float:
    """Nats per character as bits per character."""
    return nats / math.log(2)


class Silent:
    """A Watcher that shows nothing."""

    def begin(self, unit: str) -> None:
        """Nothing."""

    def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
        """Nothing."""

    def look(self, clock: Clock, score: float, best: bool, sample: str, seconds: float) -> None:
        """Nothing."""


class Display:
    """A Watcher for people. Use it as a context: the bar is taken away at the end."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Progress(
            BarColumn(24),
            TextColumn("{task.fields[text]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1.0, text="starting")
        self._unit, self._loss = "characters", math.nan
        self._shown, self._from = 0.0, (time.monotonic(), 0)
        self._speed = math.nan

    def __enter__(self) -> Display:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, unit: str) -> None:
        """Note what is counted."""
        self._unit = unit

    def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
        """Move the bar, a few times a second."""
        if row is not None:
            self._loss = row["loss"]
        now = time.monotonic()
        if now - self._shown < REFRESH:
            return
        began, before = self._from
        if before and now > began:
            self._speed = (tokens - before) / (now - began)
        self._shown, self._from = now, (now, tokens)
        self._bar.update(self._task, completed=clock.progress(), text=self._line(clock))

    def look(self, clock: Clock, score: float, best: bool, sample: str, seconds: float) -> None:
        """Say how well it does, and let it speak."""
        self._from = (time.monotonic(), 0)
        mark = "" if best else "  (not the best so far)"
        self.console.print(
            f"step {clock.step:,}  {_time(clock.seconds)}  loss {self._loss:.3f}  "
            f"held out [bold]{score:.3f}[/] nats{self._bits(score, ', ')}  "
            f"{_time(clock.left())} left{mark}",
            soft_wrap=True,
        )
        text = sample[:SHOWN].strip("\n")
        lines = "\n".join(f"    {line}" for line in text.splitlines())
        # not markup: a play is full of :names: that would become pictures
        self.console.print(Text(lines + "\n", style="dim"), soft_wrap=True)

    def _line(self, clock: Clock) -> str:
        return (
            f"loss {self._loss:.3f}{self._bits(self._loss, '  ')}  "
            f"{_speed(self._speed, self._unit)}{_time(clock.left())} left"
        )

    def _bits(self, nats: float, gap: str) -> str:
        """Language models of characters are compared by their bits."""
        return f"{gap}{in_bits(nats):.3f} bits/char" if self._unit == "characters" else ""


def _speed(tokens: float, unit: str) -> str:
    return "" if math.isnan(tokens) else f"{tokens:,.0f} {unit}/s  "


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return "?:??"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
