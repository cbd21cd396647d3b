"""The loop: Task + config -> Run. Steps, evaluations, samples, checkpoints, and a clean end.

It speaks the protocol of `tasks.Task` and writes through `runs`; what is shown meanwhile is the
affair of a `Watcher`.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from elman.errors import RunError
from elman.runs import Checkpoint, RunWriter
from elman.tasks import Task
from elman.tasks.threads import one_thread
from elman.training.clock import FIRST_LOOK, Clock
from elman.training.config import TrainingConfig
from elman.training.heap import kept_memory
from elman.training.memory import memory, recall, weights
from elman.training.signals import Request, listening
from elman.training.tally import Tally
from elman.training.updates import Updates, learning_rate

FORWARD = 1 / 3  # share of a step's time that goes into scores, the rest into gradients, about
TINY = 1_000_000  # weights times tokens of a step: about 10 microseconds of work


@runtime_checkable
class Watcher(Protocol):
    """What may be shown while training goes on."""

    def begin(self, unit: str) -> None:
        """Before the first step; `unit` is what is predicted, as in `Task`."""
        ...

    def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
        """After each step; `row` is the line of metrics, if this step has one."""
        ...

    def look(self, clock: Clock, score: float, best: bool, sample: str, seconds: float) -> None:
        """After each evaluation, which took so many seconds."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How a training ended."""

    steps: int
    seconds: float
    """Of all sittings, from start to end."""
    tokens_per_second: float
    """Over the training steps of this sitting, without evaluations."""
    score: float | None
    """The best score, in nats per token: that of the checkpoint `best`."""
    signal: int | None
    """The signal that stopped it, if one did."""


def train(
    task: Task,
    config: TrainingConfig,
    run: RunWriter,
    watcher: Watcher,
    *,
    checkpoint: Checkpoint | None = None,
    since: float | None = None,
) -> Outcome:
    """Train until the steps or the minutes are over, or somebody asks to stop.

    `checkpoint` is where to go on from; `since` when the work began (`time.monotonic`), if that is
    earlier than this call. An error ends the run as failed, with the whole story in its folder.
    """
    with listening() as request, one_thread(_is_tiny(task)), kept_memory():
        watcher.begin(task.unit)
        trainer = Trainer(task, config, run, watcher, since)
        if checkpoint:
            recall(checkpoint, task, trainer.updates, trainer.clock, trainer.tally)
            trainer.saved = trainer.clock.step
        try:
            trainer.go(request)
        except Exception as error:
            reason = str(error) if isinstance(error, RunError) else traceback.format_exc()
            run.fail(reason)
            raise
    return trainer.outcome(request)


def _is_tiny(task: Task) -> bool:
    size = sum(parameter.numel() for parameter in task.model.parameters())
    return size * task.tokens_per_step < TINY


class Trainer:
    """A training under way."""

    def __init__(
        self,
        task: Task,
        config: TrainingConfig,
        run: RunWriter,
        watcher: Watcher,
        since: float | None,
    ) -> None:
        self.task, self.config, self.run, self.watcher = task, config, run, watcher
        self.updates = Updates(task.model, config)
        self.clock = Clock(config.minutes, config.steps, since)
        self.tally = Tally()
        self.tally.look_at = FIRST_LOOK * self.clock.spacing(config.looks)
        self.saved: int | None = None
        self._saved_at = time.monotonic()
        self._busy, self._done = 0.0, 0  # seconds and steps of this sitting
        self._usual = 0.0  # seconds of a step that had nothing to compile

    def go(self, request: Request) -> None:
        """Step by step to the end, or to the step after which a stop was asked for."""
        self.task.model.train()
        while request.number is None and self.clock.progress() < 1:
            self.step(self.clock.schedule())
            if self.due():
                self.look()
            elif time.monotonic() - self._saved_at > self.config.save_seconds:
                self.save(None)
        if self.saved != self.clock.step:
            self.save(None)
        ended = self.clock.progress() >= 1
        self.run.finish("done" if ended else "stopped", **self.figures())

    def step(self, progress: float) -> None:
        """One step: loss, gradient, update, and now and then a line of metrics."""
        start = time.monotonic()
        loss = self.task.loss()
        loss.backward()
        norm = self.updates.apply(progress)
        self.clock.stepped()
        if not self.tally.add(self.clock.step, loss.item(), norm, self.config.clip):
            self.task.forget()
        took = time.monotonic() - start
        self._busy += took
        self._done += 1
        # the first step of a sitting compiles what it needs, so any other tells more
        self._usual = min(took, self._usual) if self._done > 1 else took
        scored = self.task.tokens_to_score / self.task.tokens_per_step
        self.clock.expect(FORWARD * self._usual * scored, sure=self._done > 1)
        told = self.clock.step % self.config.log_every == 0 or self.due()
        row = self._row(progress) if told else None
        self.watcher.step(self.clock, self.clock.step * self.task.tokens_per_step, row)

    def due(self) -> bool:
        """Whether it is time to evaluate."""
        at = 1.0 if self.clock.dear else min(1.0, self.tally.look_at - 1e-9)
        return self.clock.progress() >= at

    def look(self) -> None:
        """Evaluate, write a sample, judge it, save."""
        start = time.monotonic()
        step = self.clock.step
        score = self.task.score()
        sample = self.task.sample(self.config.seed + step, self.config.sample_length)
        best = self.tally.scored(step, score)
        # what it took sets how far the next one is, and the checkpoint keeps that
        self.clock.looked(time.monotonic() - start)
        while self.tally.look_at <= self.clock.progress():
            self.tally.look_at += self.clock.spacing(self.config.looks)
        self.run.log(step, val_loss=score, seconds=round(self.clock.seconds, 3))
        self.run.sample(step, text=sample, val_loss=score, **self.task.figures(sample))
        self.save(score)
        seconds = time.monotonic() - start
        self.clock.looked(seconds)
        self.watcher.look(self.clock, score, best, sample, seconds)

    def save(self, score: float | None) -> None:
        """Write a checkpoint from which everything can go on."""
        arrays, facts = memory(self.task, self.updates, self.clock, self.tally)
        self.run.save(self.clock.step, weights(self.task), arrays, facts, score)
        self.saved = self.clock.step
        self._saved_at = time.monotonic()

    def figures(self) -> dict[str, float | int | None]:
        """What `run.json` says of the progress."""
        return {
            "steps": self.clock.step,
            "seconds": round(self.clock.seconds, 3),
            "val_loss": self.tally.best,
        }

    def outcome(self, request: Request) -> Outcome:
        """How it ended."""
        speed = self._done * self.task.tokens_per_step / self._busy if self._busy else 0.0
        return Outcome(self.clock.step, self.clock.seconds, speed, self.tally.best, request.number)

    def _row(self, progress: float) -> dict[str, float | int]:
        row = self.tally.row() | {"lr": learning_rate(self.config, progress)}
        norms = {name: float(f"{float(n):.4g}") for name, n in self.updates.norms.items()}
        seconds = round(self.clock.seconds, 3)
        self.run.log(self.clock.step, **row, norms=norms, seconds=seconds)
        self.run.beat(**self.figures())
        return row
