"""What a search has found, beside what chance alone found with as much.

Scores are worst ratios to the first seed over the tasks. What a search calls its best was chosen by
luck as well as by worth, so the verdict rests on winners trained anew, from seeds that nothing was
chosen by.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from elman.search.plan import SEEDS
from elman.search.read import Candidate, Fresh, SearchRun, best_cells, seeds

# Student's t, 97.5 %, for 1, 2, ... degrees of freedom; beyond, that of the normal distribution.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
      2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)  # fmt: skip
_NORMAL = 1.96
ARMS = ("evolution", "control")


def quantile(freedom: float) -> float:
    """Student's t at 97.5 %; freedom below 1 has none, infinity."""
    place = int(freedom)
    return math.inf if place < 1 else _T[place - 1] if place <= len(_T) else _NORMAL


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and the half width of its 95 % interval: infinite for one value."""
    number = len(values)
    if number < 2:
        return (values[0] if values else math.nan), math.inf
    width = quantile(number - 1) * statistics.stdev(values) / math.sqrt(number)
    return statistics.fmean(values), width


def difference(left: Sequence[float], right: Sequence[float]) -> tuple[float, float]:
    """The difference of two means and the half width of its 95 % interval (B. L. Welch, 1947)."""
    gap = statistics.fmean(left) - statistics.fmean(right)
    if min(len(left), len(right)) < 2:
        return gap, math.inf
    parts = [statistics.variance(values) / len(values) for values in (left, right)]
    if not sum(parts):
        return gap, 0.0
    below = sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (left, right), strict=True)
    )
    return gap, quantile(sum(parts) ** 2 / below) * math.sqrt(sum(parts))


def winners(turns: Sequence[Candidate], number: int) -> list[int]:
    """The cells to train anew: the seeds, and the best of either side."""
    first = [one.cell for one in seeds(turns)]
    for arm in ARMS:
        ranked = [cell for cell, _ in best_cells(turns, arm) if cell >= len(SEEDS)]
        first += ranked[:number]
    return first


def summary(search: SearchRun) -> dict[str, Any]:
    """Everything about a search that a person asks first; for `--json`."""
    turns, fresh, facts = search.candidates(), search.fresh(), search.facts()
    seconds = float(facts.get("seconds", 0.0))
    counted = [one for one in turns if one.counts]
    arms = {arm: _arm(turns, arm) for arm in ARMS}
    ranked = best_cells(turns)
    mark = search.plan().mark
    return {
        "run": search.folder,
        "candidates": len(counted),
        "seconds": round(seconds, 3),
        "per_hour": round(len(counted) / seconds * 3600, 1) if seconds else 0.0,
        "passed_memorization": _passed(counted, mark),
        "passed_memorisation": _passed(counted, mark),
        "best": _shown(turns, ranked[0]) if ranked else None,
        "evolution": arms["evolution"],
        "control": arms["control"],
        "bars": search.bars(),
        "fresh": fresh_table(turns, fresh),
        "verdict": verdict(turns, fresh),
        "stages": stages(turns),
        "failed": {
            word: sum(one.outcome == word for one in turns) for word in ("uncompiled", "broken")
        },
    }


def _passed(turns: Sequence[Candidate], mark: float) -> int:
    return sum((one.memorization or 0.0) >= mark for one in turns)


def _arm(turns: Sequence[Candidate], arm: str) -> dict[str, Any]:
    mine = [one for one in turns if one.arm == arm and one.counts and one.kind != "seed"]
    ranked = [pair for pair in best_cells(turns, arm) if pair[0] >= len(SEEDS)]
    top = [score for _, score in ranked[:10]]
    return {
        "candidates": len(mine),
        "passed_memorization": sum(one.outcome != "memorization" for one in mine),
        "ran_all_tasks": len(ranked),
        "best": _shown(turns, ranked[0]) if ranked else None,
        "mean_of_best_ten": statistics.fmean(top) if top else None,
    }


def _shown(turns: Sequence[Candidate], pair: tuple[int, float]) -> dict[str, Any]:
    cell, score = pair
    one = turns[cell]
    return {"cell": cell, "score": score, "text": one.text, "arm": one.arm, "kind": one.kind}


def stages(turns: Sequence[Candidate]) -> dict[str, dict[str, float]]:
    """What each stage took: how often it ran, seconds together, seconds each."""
    found: dict[str, list[float]] = {}
    for one in turns:
        for stage, seconds in one.seconds.items():
            found.setdefault(stage, []).append(seconds)
    return {
        stage: {"runs": len(all_), "seconds": sum(all_), "each": statistics.fmean(all_)}
        for stage, all_ in found.items()
    }


def fresh_table(turns: Sequence[Candidate], fresh: Sequence[Fresh]) -> list[dict[str, Any]]:
    """A row for each winner: the score it was chosen by, and what it reaches anew."""
    chosen = dict(best_cells(turns))
    rows: list[dict[str, Any]] = []
    for cell, scores in _by_cell(fresh).items():
        mean, width = interval(scores)
        one = turns[cell]
        name = SEEDS[cell] if one.kind == "seed" else f"cell {cell}"
        rows.append(
            {"cell": cell, "name": name, "arm": one.kind if one.kind == "seed" else one.arm,
             "chosen_by": chosen.get(cell), "mean": mean, "interval": width, "times": len(scores)}
        )  # fmt: skip
    return sorted(rows, key=lambda row: -row["mean"])


def _by_cell(fresh: Sequence[Fresh]) -> Mapping[int, list[float]]:
    found: dict[int, list[float]] = {}
    for one in fresh:
        if one.score is not None:
            found.setdefault(one.cell, []).append(one.score)
    return found


def verdict(turns: Sequence[Candidate], fresh: Sequence[Fresh]) -> str:
    """Whether evolution found better cells than chance did, in one sentence."""
    by_cell, sides = _by_cell(fresh), dict[str, list[float]]()
    for arm in ARMS:
        mine = [v for c, v in by_cell.items() if turns[c].arm == arm and turns[c].kind != "seed"]
        sides[arm] = [score for scores in mine for score in scores]
    if not any(one.arm == "control" for one in turns):
        return "There was no control, so nothing is known about what chance would have found."
    if not all(len(scores) > 1 for scores in sides.values()):
        return "Too few winners were trained anew to say whether evolution beat the control."
    gap, width = difference(sides["evolution"], sides["control"])
    said = f"by {abs(gap):.3f}, 95 % interval {gap - width:.3f} to {gap + width:.3f}"
    if gap - width > 0:
        return f"Evolution beat the control: its winners, trained anew, are better {said}."
    if gap + width < 0:
        return f"Evolution did not beat the control: its winners, trained anew, are worse {said}."
    return (
        "Evolution did not beat the control: their winners, trained anew, differ by "
        f"{gap:+.3f}, 95 % interval {gap - width:.3f} to {gap + width:.3f}."
    )
