"""Population: who may have children, and what the next turn of a search is.

A turn follows from the plan, from its own number, and from the results of turns that lie at least
`lag` back: never from who finished first. So a search gives the same cells with one worker or with
ten, killed or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from elman import cells
from elman.equations import Cell
from elman.errors import RunError
from elman.search.genome import Genome, genome, to_text
from elman.search.mutate import child_of
from elman.search.plan import SEEDS, Plan
from elman.search.read import Candidate, worst_ratio

Job = dict[str, object]


class Population:
    """What is known up to a turn; `learn` takes results in the order of turns."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.known = plan, 0
        self.plan_json = plan.to_json()
        self.bars: dict[str, float] = {}
        self.seen: set[str] = set()
        self.texts: dict[int, str] = {}
        self.accuracies: dict[int, dict[str, float]] = {}
        self.members: list[int] = []

    def add(self, turn: Candidate) -> None:
        """A turn was proposed: its cell is not to come again."""
        self.seen.add(turn.fingerprint)

    def needs(self, turn: int) -> int:
        """How many turns have to be learned, these and no others, when this one is proposed."""
        return turn if turn < len(SEEDS) else max(len(SEEDS), turn - self.plan.lag + 1)

    def learn(self, one: Candidate) -> None:
        """Take the next result; RunError if a seed could not be trained, for nothing can follow."""
        if one.turn != self.known:
            raise RunError(f"turn {one.turn} was learned after {self.known - 1}: report this")
        self.known += 1
        if one.kind == "seed" and one.outcome != "done":
            raise RunError(f"the seed {SEEDS[one.turn]} failed ({one.result.get('why')})")
        if one.turn == 0:
            self.bars = one.accuracies
        if one.arm != "evolution" or one.outcome != "done":
            return
        own = self.accuracies.setdefault(one.cell, {})
        for task, share in one.accuracies.items():
            own[task] = max(share, own.get(task, 0.0))
        self.texts.setdefault(one.cell, one.text)
        ranked = sorted(self.texts, key=lambda cell: (-self.score(cell), cell))
        self.members = ranked[: self.plan.best]
        for cell in ranked[self.plan.best :]:
            del self.texts[cell], self.accuracies[cell]

    def score(self, cell: int) -> float:
        """The worst ratio of a member to the bars."""
        return worst_ratio(self.accuracies[cell], self.bars)

    def propose(self, turn: int) -> Candidate:
        """The turn of this number, once what `needs` asks for has been learned, and no more."""
        if self.known != self.needs(turn):
            raise RunError(f"turn {turn} was proposed knowing {self.known} turns: report this")
        random = np.random.default_rng([self.plan.seed, turn])
        if turn < len(SEEDS):
            return self._seed(turn)
        if _is_control(turn, self.plan.control):
            return self._walk(turn, random)
        if random.random() < self.plan.again:
            return self._again(turn, random)
        return self._child(turn, random)

    def job(self, one: Candidate) -> Job:
        """What has to be evaluated for a turn."""
        trained = one.kind in ("seed", "again")
        return {
            "text": one.text,
            "seed": seed_of(self.plan.seed, one.turn),
            "plan": self.plan_json,
            "test": one.kind != "again",
            "gates": not trained,
            "bars": {} if trained else self.bars,
            "turn": one.turn,
        }

    def _seed(self, turn: int) -> Candidate:
        found = _seed_genome(turn)
        text = to_text(found)
        return Candidate(turn, "evolution", "seed", turn, text, found.fingerprint, (), ())

    def _again(self, turn: int, random: np.random.Generator) -> Candidate:
        cell = self.members[int(random.integers(len(self.members)))]
        text = self.texts[cell]
        mark = _genome(text).fingerprint
        return Candidate(turn, "evolution", "again", cell, text, mark, (), ())

    def _child(self, turn: int, random: np.random.Generator) -> Candidate:
        two = random.random() < self.plan.crossover
        while True:  # a parent whose every child is known gives way to another
            chosen = random.integers(len(self.members), size=2 if two else 1)
            parents = tuple(self.members[int(index)] for index in chosen)
            first, *others = (_genome(self.texts[parent]) for parent in parents)
            other = others[0] if others else None
            found = child_of(first, random, self.seen.__contains__, other=other)
            if found is not None:
                break
        kind = "crossover" if two else "mutation"
        return self._born(turn, "evolution", kind, parents, found)

    def _walk(self, turn: int, random: np.random.Generator) -> Candidate:
        """Of the control: a seed mutated a few times in a row, whatever comes of it."""
        while True:
            seed = int(random.integers(len(SEEDS)))
            at, said = _seed_genome(seed), list[str]()
            for left in range(int(random.integers(1, self.plan.walk + 1)), 0, -1):
                seen = self.seen.__contains__ if left == 1 else None
                found = child_of(at, random, seen)
                if found is None:
                    break
                at, said = found[0], [*said, *found[1]]
            else:
                return self._born(turn, "control", "walk", (seed,), (at, said, at.fingerprint))

    def _born(
        self,
        turn: int,
        arm: str,
        kind: str,
        parents: Sequence[int],
        found: tuple[Genome, Sequence[str], str],
    ) -> Candidate:
        child, said, mark = found
        text = to_text(child)  # read again where it is trained, which takes longer than all of this
        return Candidate(turn, arm, kind, turn, text, mark, tuple(parents), tuple(said))


def fresh_job(plan: Plan, cell: int, number: int, text: str) -> Job:
    """A winner is trained anew from a seed that nothing was chosen by."""
    seed = seed_of(plan.seed, cell, number + 1)
    return {"text": text, "seed": seed, "plan": plan.to_json(), "test": False, "gates": False,
            "turn": cell}  # fmt: skip


def seed_of(*numbers: int) -> int:
    """One seed out of several numbers."""
    return int(np.random.default_rng(list(numbers)).integers(2**62))


def scored(one: Candidate, result: Mapping[str, object], bars: Mapping[str, float]) -> float | None:
    """The score of a turn's own result, if it ran every task."""
    tasks = result.get("tasks")
    if not isinstance(tasks, dict) or result.get("outcome") != "done":
        return None
    shares = {str(task): float(found["best"]) for task, found in tasks.items()}
    return worst_ratio(shares, dict(bars or shares))


def _is_control(turn: int, share: float) -> bool:
    """Evenly spread over the turns."""
    return int((turn + 1) * share) > int(turn * share)


@lru_cache(maxsize=512)
def _genome(text: str) -> Genome:
    return genome(Cell(text, name="candidate"))


@lru_cache(maxsize=len(SEEDS))
def _seed_genome(number: int) -> Genome:
    return genome(cells.get(SEEDS[number]))
