"""Which unit tells what: every unit of a reading against every annotation of its text.

Units are chosen on the first part of the text and reported on the second, where they had no say.
Beside each stand three controls on that second part: what the last ten characters tell without any
memory, what the best unit of an untrained network does, and what is found where the labels belong
to another place of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman.errors import DataError
from elman.models import LanguageModel
from elman.probe.annotations import Annotation
from elman.probe.baseline import foretold
from elman.probe.ranks import areas, correlations, figures, midranks
from elman.probe.reading import Reading, Unit

SHOWN = 20  # units of a ranking
SHIFTS = 4  # draws of labels that belong elsewhere
SHORTEST = 400  # characters below which two parts say nothing

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Every unit against every annotation on one part of a text: `figures` (A, U), areas under the
    curve for categories and correlations for amounts.
    """

    units: list[Unit]
    annotations: list[Annotation]
    figures: Figures


@dataclass(frozen=True)
class Ranked:
    """A unit of a ranking; `chosen` and `reported` are its figures on the two parts, towards
    `sign`.
    """

    unit: Unit
    sign: int
    chosen: float
    reported: float


@dataclass(frozen=True)
class Finding:
    """The unit that tells an annotation best.

    `measure` is `auc` (area under the curve, 0.5 is chance) or `correlation` (0 is chance); `sign`
    is -1 where the unit is low; `chosen` is its figure on the first part, by which it was chosen,
    `reported` on the second. `baseline`, `untrained` and `shuffled` are the controls there, NaN
    where one was not made. `share` is how much of the text is annotated.
    """

    annotation: str
    about: str
    measure: str
    share: float
    unit: Unit
    sign: int
    chosen: float
    reported: float
    baseline: float
    untrained: float
    shuffled: float
    ranking: tuple[Ranked, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; units by their addresses."""
        ranking = [vars(one) | {"unit": str(one.unit)} for one in self.ranking]
        return vars(self) | {"unit": str(self.unit), "ranking": ranking}


def scores(
    reading: Reading,
    annotations: Sequence[Annotation],
    start: int = 0,
    stop: int | None = None,
    kinds: tuple[str, ...] = ("state",),
) -> Scores:
    """All units of these kinds against all annotations, on the characters from start to stop."""
    here = slice(start, len(reading) if stop is None else stop)
    tracks = reading.of_kind(*kinds)
    units = [Unit(t.name, t.layer, number) for t in tracks for number in range(t.units)]
    labels, amounts = _columns(annotations)
    found = [figures(track.values[:, here], labels[here], amounts[here]) for track in tracks]
    one, two = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Scores(units, list(annotations), _merged(annotations, one, two))


def find_units(
    reading: Reading,
    annotations: Sequence[Annotation],
    *,
    untrained: Reading | None = None,
    cut: float = 0.5,
    seed: int = 0,
    kinds: tuple[str, ...] = ("state",),
) -> list[Finding]:
    """For each annotation the unit that tells it best, with its controls, the best first.

    `untrained` is the same text as read by `untrained_like(model)`. `cut` is the share of the text
    on which units are chosen. Annotations that do not occur in both parts are left out. DataError
    for a text that is too short to be cut in two.
    """
    length = len(reading)
    if length < SHORTEST:
        raise DataError(
            f"{length} characters are too few to choose units on one part and report them on "
            f"another: give a text of {SHORTEST} or more"
        )
    middle = int(length * cut)
    annotations = [one for one in annotations if _in_both(one, middle)]
    if not annotations:
        return []
    # ranks are the price: all draws of moved labels are looked at together with the true ones
    every = [*annotations, *_moved(annotations, middle, seed)]
    first = scores(reading, every, 0, middle, kinds)
    second = scores(reading, every, middle, None, kinds)
    base = _baseline(reading, annotations, middle)
    fresh = None if untrained is None else _best(untrained, annotations, middle, kinds)
    count = len(annotations)
    draws = [_ranking(first, second, k)[0].reported for k in range(count, len(every))]
    shuffled = np.reshape(draws, (SHIFTS, count)).max(0).tolist()
    findings: list[Finding] = []
    for k, one in enumerate(annotations):
        ranking = _ranking(first, second, k)
        best = ranking[0]
        findings.append(
            Finding(
                one.name,
                one.about,
                _measure(one),
                one.share,
                best.unit,
                best.sign,
                best.chosen,
                best.reported,
                base[k],
                np.nan if fresh is None else fresh[k],
                shuffled[k],
                tuple(ranking),
            )
        )
    return sorted(findings, key=lambda finding: -finding.reported)


def untrained_like(model: LanguageModel, seed: int = 0) -> LanguageModel:
    """A model of the same shape that has learned nothing; torch's generator stays as it was."""
    cell, recurrent = model.cell, model.recurrent
    embedding = model.embedding.embedding_dim if model.embedding is not None else 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LanguageModel(
            cell, model.vocabulary, recurrent.hidden_size, recurrent.num_layers,
            embedding=embedding, target=recurrent.target,
        ).eval()  # fmt: skip


def _in_both(one: Annotation, middle: int) -> bool:
    """What only one part has cannot be checked."""
    parts = (one.values[:middle], one.values[middle:])
    return all(replace(one, values=part).varies() for part in parts)


def _measure(annotation: Annotation) -> str:
    return "auc" if annotation.kind == "category" else "correlation"


def _columns(
    annotations: Sequence[Annotation],
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """The values of categories (T, A) and of amounts (T, B)."""
    length = len(annotations[0].values)
    bools = [one.values for one in annotations if one.kind == "category"]
    floats = [one.values for one in annotations if one.kind == "amount"]
    return (
        np.stack(bools, 1) if bools else np.empty((length, 0), np.bool_),
        np.stack(floats, 1) if floats else np.empty((length, 0), np.float32),
    )


def _merged(annotations: Sequence[Annotation], areas_: Figures, others: Figures) -> Figures:
    """(A, U) in the order of the annotations, from the columns of both kinds."""
    columns = {"category": iter(areas_.T), "amount": iter(others.T)}
    return np.stack([next(columns[one.kind]) for one in annotations])


def _towards(figure: Any, measure: str, sign: Any) -> Any:
    """An area or a correlation as it is for a unit turned round, where the sign is -1."""
    if measure == "auc":
        return np.where(sign < 0, 1 - figure, figure)
    return figure * sign


def _signs(row: Figures, measure: str) -> NDArray[np.int64]:
    return np.where(row < (0.5 if measure == "auc" else 0.0), -1, 1)


def _ranking(first: Scores, second: Scores, k: int) -> list[Ranked]:
    measure = _measure(first.annotations[k])
    row = first.figures[k]
    signs = _signs(row, measure)
    chosen = np.nan_to_num(_towards(row, measure, signs), nan=-1.0)
    reported = _towards(second.figures[k], measure, signs)
    order = np.argsort(-chosen, kind="stable")[:SHOWN]
    return [
        Ranked(first.units[u], int(signs[u]), float(chosen[u]), float(reported[u]))
        for u in order.tolist()
    ]


def _best(
    reading: Reading, annotations: Sequence[Annotation], middle: int, kinds: tuple[str, ...]
) -> list[float]:
    """What the same search reports for each annotation."""
    first = scores(reading, annotations, 0, middle, kinds)
    second = scores(reading, annotations, middle, None, kinds)
    return [_ranking(first, second, k)[0].reported for k in range(len(annotations))]


def _baseline(reading: Reading, annotations: Sequence[Annotation], middle: int) -> list[float]:
    """The figures of the last ten characters on the second part."""
    index = {letter: token for token, letter in enumerate(dict.fromkeys(reading.text))}
    tokens = np.array([index[letter] for letter in reading.text], np.int64)
    labels, amounts = _columns(annotations)
    one, two = foretold(tokens, labels, amounts, middle)
    single = [
        areas(midranks(one[:, k])[None], labels[middle:, k : k + 1]) for k in range(one.shape[1])
    ]
    double = [
        correlations(two[None, :, k], amounts[middle:, k : k + 1]) for k in range(two.shape[1])
    ]
    empty = np.empty((1, 0))
    return _merged(
        annotations, np.concatenate(single or [empty], 1), np.concatenate(double or [empty], 1)
    )[:, 0].tolist()


def _moved(annotations: Sequence[Annotation], middle: int, seed: int) -> Iterator[Annotation]:
    """`SHIFTS` times all annotations, with each part's labels moved round by a random stretch: as
    clustered as before, and of another place.
    """
    rng = np.random.default_rng(seed)
    for _ in range(SHIFTS):
        for one in annotations:
            parts = (one.values[:middle], one.values[middle:])
            values = np.concatenate([np.roll(p, _stretch(rng, len(p))) for p in parts])
            yield replace(one, values=values)


def _stretch(rng: np.random.Generator, length: int) -> int:
    return int(rng.integers(length // 4, 3 * length // 4))
