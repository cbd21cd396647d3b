"""The loop of a search: propose, evaluate, write down, learn.

Whatever it knows it has read from the journal or just written there, so it can be killed between
any two instructions. A turn that has no result yet is run when the search goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from elman.errors import RunError
from elman.search.journal import Journal
from elman.search.population import Job, Population, fresh_job, scored
from elman.search.read import Candidate, Fresh
from elman.search.report import winners
from elman.search.workers import in_child

QUEUE = 2  # jobs for each worker, so that none waits for the coordinator
FRESH_SHARE = 0.15  # of the minutes, for training winners anew
TICK = 0.25  # seconds between looks at the clock and at a wish to stop
TROUBLES = 5  # times that an executor may lose a job before the search gives up


@dataclass
class Progress:
    """How far a search is, for who watches it. `overhead` is the coordinator's own seconds."""

    journal: Journal
    turns: list[Candidate]
    population: Population
    phase: str = "searching"
    overhead: float = 0.0
    done: int = 0  # in this sitting
    counted: int = 0
    """Candidates so far."""


Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class End:
    """When a search is over: at so many candidates, at a moment of `time.monotonic`, or on wish."""

    candidates: int = 0
    moment: float = float("inf")
    stopped: Callable[[], bool] = lambda: False


class Drive:
    """One sitting of a search."""

    def __init__(
        self, journal: Journal, executor: Executor, slots: int, end: End, watch: Watch
    ) -> None:
        self.journal, self.executor, self.slots = journal, executor, slots
        self.end, self.watch, self.plan = end, watch, journal.plan
        self.population = Population(self.plan)
        self.turns = journal.reader.candidates()
        self.progress = Progress(journal, self.turns, self.population)
        self.pending: dict[Future[dict[str, Any]], int] = {}
        self.troubles = self._proposing = 0
        for one in self.turns:
            self.population.add(one)
        self.progress.counted = sum(one.counts for one in self.turns)
        if self.turns:
            self._learn(len(self.turns) - 1)

    def search(self) -> None:
        """Run turns until the end, and wait for those under way unless somebody wants to stop."""
        last = self.end.moment
        if last != float("inf") and self.plan.fresh:
            last -= FRESH_SHARE * max(0.0, last - time.monotonic())
        for one in self.turns:
            if one.outcome is None:
                self._submit(one)
        results: list[Candidate] = []
        while not self.end.stopped():
            since = time.perf_counter()
            over = time.monotonic() >= last or self._enough()
            new = [] if over else list(self._proposed())
            self._proposing = 0
            if results or new:
                self.journal.write(results, new)
            for one in new:
                self._submit(one)
            self.progress.overhead += time.perf_counter() - since
            self.watch(self.progress)
            if not self.pending:
                return
            results = self._collected()

    def fresh(self) -> None:
        """Train the winners anew, each in turn, as often as the plan says."""
        self.progress.phase = "training the winners anew"
        known = {(found.cell, found.number) for found in self.journal.reader.fresh()}
        chosen = winners(self.turns, self.plan.winners)
        wanted = [(cell, number) for number in range(self.plan.fresh) for cell in chosen]
        waiting = [pair for pair in wanted if pair not in known]
        running: dict[Future[dict[str, Any]], tuple[int, int]] = {}
        while not self.end.stopped() and (waiting or running):
            late = time.monotonic() >= self.end.moment
            while waiting and not late and len(running) < self.slots:
                cell, number = waiting.pop(0)
                job = fresh_job(self.plan, cell, number, self.turns[cell].text)
                running[self.executor.submit(in_child, job)] = cell, number
            if not running:
                return
            for future in self._ended(running):
                cell, number = running.pop(future)
                result = self._result(future)
                if result is None:
                    waiting.insert(0, (cell, number))
                    continue
                score = scored(self.turns[cell], result, self.population.bars)
                self.journal.write_fresh(Fresh(cell, number, score, result))
            self.watch(self.progress)

    def _enough(self) -> bool:
        """Whether there are as many candidates as wanted, or will be once all have ended."""
        if not self.end.candidates:
            return False
        coming = sum(self.turns[turn].is_new for turn in self.pending.values())
        return self.progress.counted + coming + self._proposing >= self.end.candidates

    def _proposed(self) -> Iterator[Candidate]:
        """New turns, as many as can be told already and find room."""
        room = QUEUE * self.slots - len(self.pending)
        while room > 0 and self._learn(len(self.turns)):
            one = self.population.propose(len(self.turns))
            self.population.add(one)
            self.turns.append(one)
            self._proposing += one.is_new
            yield one
            room -= 1
            if self._enough():
                return

    def _submit(self, one: Candidate) -> None:
        job: Job = self.population.job(one)
        self.pending[self.executor.submit(in_child, job)] = one.turn

    def _collected(self) -> list[Candidate]:
        """Results that have come in since the last look."""
        found: list[Candidate] = []
        for future in self._ended(self.pending):
            turn = self.pending.pop(future)
            result = self._result(future)
            if result is None:
                self._submit(self.turns[turn])
                continue
            found.append(self._finished(turn, result))
            self.turns[turn] = found[-1]
            self.progress.counted += found[-1].counts
        self.progress.done += len(found)
        return found

    def _ended(self, futures: Collection[Future[dict[str, Any]]]) -> set[Future[dict[str, Any]]]:
        """Those that have ended by now, or within a moment; RunError if none will, ever."""
        found = wait(futures, TICK, FIRST_COMPLETED).done
        alive = getattr(self.executor, "alive", None)
        if not found and alive is not None and not alive():
            raise self._unreachable("the scheduler is gone")
        return found

    def _unreachable(self, why: str) -> RunError:
        return RunError(
            f"the workers cannot be reached ({why}): what was recorded is safe; go on with elman "
            f"search --resume --run {self.journal.folder}"
        )

    def _result(self, future: Future[dict[str, Any]]) -> dict[str, Any] | None:
        """What came back; None if the executor lost it and it should be tried again."""
        try:
            return future.result()
        except (Exception, BaseExceptionGroup) as error:  # whatever an executor may say
            self.troubles += 1
            if self.troubles > TROUBLES:
                raise self._unreachable(f"{type(error).__name__}: {error}") from error
            return None

    def _finished(self, turn: int, result: dict[str, Any]) -> Candidate:
        one, attempts = self.turns[turn], int(result.pop("attempts", 1))
        bars = self.population.bars if turn else {}
        return replace(
            one,
            outcome=str(result["outcome"]),
            memorization=result.get("memorization"),
            score=scored(one, result, bars),
            parameters=result.get("parameters"),
            attempts=attempts,
            finished=self.journal.seconds,
            result=result,
        )

    def _learn(self, turn: int) -> bool:
        """Give the population just what a turn follows from; False if that is not there yet."""
        needed = self.population.needs(turn)
        if any(one.outcome is None for one in self.turns[self.population.known : needed]):
            return False
        while self.population.known < needed:
            self.population.learn(self.turns[self.population.known])
        return True
