"""One unit from all sides, and stretches that look alike to the units.

`unit_view`: where a unit is highest and lowest, how its values are spread, what it makes the model
write. `match`: select a stretch, find the units that tell it from the rest, find where else they do
the same (after H. Strobelt et al., LSTMVis, IEEE TVCG 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError
from elman.models import LanguageModel
from elman.probe.annotations import from_spans
from elman.probe.neurons import scores
from elman.probe.reading import Reading, Unit

AROUND = 40  # characters of a snippet on either side
BINS = 60

Snippet = tuple[int, int, int, float]


@dataclass(frozen=True)
class UnitView:
    """A unit of a reading. `counts` (bins,) and `edges` (bins + 1,) are its histogram; `highs` and
    `lows` are snippets (start, stop, place of the extreme, value), the most extreme first and none
    overlapping another; `writes` are characters with the weight from the unit to their score, the
    highest first, for the state that the last layer gives out, else empty.
    """

    unit: Unit
    mean: float
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    highs: tuple[Snippet, ...]
    lows: tuple[Snippet, ...]
    writes: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {"unit": str(self.unit), "counts": self.counts.tolist(),
                             "edges": self.edges.tolist()}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """`units` that tell the selection from the rest: (unit, sign, area under the curve); `places`
    elsewhere where they do as in the selection: (start, stop, score), the likest first. The score
    is the mean share of those units that are on their side of the threshold.
    """

    units: tuple[tuple[Unit, int, float], ...]
    places: tuple[tuple[int, int, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"units": [(str(u), sign, area) for u, sign, area in self.units],
                "places": self.places}  # fmt: skip


def unit_view(
    reading: Reading, unit: Unit | str, model: LanguageModel | None = None, *, count: int = 12
) -> UnitView:
    """A unit of a reading from all sides; `model` is needed for what it writes."""
    unit = Unit.parse(unit) if isinstance(unit, str) else unit
    values = np.nan_to_num(reading.unit(unit).astype(np.float64), posinf=65504, neginf=-65504)
    counts, edges = np.histogram(values, BINS)
    return UnitView(
        unit, float(values.mean()), counts.astype(np.int64), edges.astype(np.float64),
        _snippets(values, count), _snippets(-values, count, -1.0),
        () if model is None else _writes(reading, unit, model),
    )  # fmt: skip


def match(
    reading: Reading,
    spans: Sequence[tuple[int, int]],
    *,
    count: int = 8,
    places: int = 20,
    kinds: tuple[str, ...] = ("state",),
) -> Match:
    """The `count` units that tell the selected stretches from the rest, and the stretches elsewhere
    where at least three quarters of them are where they are there. ConfigError for a selection
    that leaves nothing, or is none.
    """
    labels = from_spans(len(reading), "selected", spans).values
    if not labels.any() or labels.all():
        raise ConfigError("select some of the text, and not all of it")
    found = scores(reading, [from_spans(len(reading), "selected", spans)], kinds=kinds)
    areas = found.figures[0]
    order = np.argsort(-np.abs(areas - 0.5), kind="stable")[:count].tolist()
    chosen = [(found.units[u], 1 if areas[u] >= 0.5 else -1, float(max(areas[u], 1 - areas[u])))
              for u in order]  # fmt: skip
    on = np.zeros(len(reading))
    for unit, sign, _ in chosen:
        values = sign * reading.unit(unit).astype(np.float64)
        # half way between what is usual there and what is usual elsewhere
        on += values > (np.median(values[labels]) + np.median(values[~labels])) / 2
    return Match(tuple(chosen), _stretches(on / len(chosen), labels, places))


def _stretches(
    share: NDArray[np.float64], labels: NDArray[np.bool_], places: int
) -> tuple[tuple[int, int, float], ...]:
    """Outside the selection, the stretches where the share is at least three quarters."""
    alike = (share >= 0.75) & ~labels
    change = np.flatnonzero(np.diff(np.concatenate([[False], alike, [False]])))
    found = [(int(a), int(b), float(share[a:b].mean()))
             for a, b in zip(change[::2], change[1::2], strict=True)]  # fmt: skip
    wanted = float(np.median(_lengths(labels)))
    # of two that are as much alike, the one about as long as what was selected
    found.sort(key=lambda one: (-one[2], abs(np.log((one[1] - one[0]) / wanted))))
    return tuple(found[:places])


def _lengths(labels: NDArray[np.bool_]) -> NDArray[np.int64]:
    change = np.flatnonzero(np.diff(np.concatenate([[False], labels, [False]])))
    return change[1::2] - change[::2]


def _snippets(values: NDArray[np.float64], count: int, sign: float = 1.0) -> tuple[Snippet, ...]:
    """The highest places, none within the snippet of another."""
    left, found = values.copy(), list[Snippet]()
    while len(found) < count:
        t = int(left.argmax())
        if left[t] == -np.inf:
            break
        start, stop = max(0, t - AROUND), min(len(values), t + AROUND + 1)
        found.append((start, stop, t, sign * float(values[t])))
        left[max(0, t - 2 * AROUND) : t + 2 * AROUND + 1] = -np.inf
    return tuple(found)


def _writes(reading: Reading, unit: Unit, model: LanguageModel) -> tuple[tuple[str, float], ...]:
    """The output's weights from a unit of the last layer's output, highest first."""
    last = unit.layer == model.recurrent.num_layers - 1
    step = model.cell.step
    given = step.by_role("output")[0].node
    if not last or unit.name not in model.cell.states or step.next_of(unit.name) is not given:
        return ()
    weights = model.output.weight.detach()[:, unit.number].tolist()
    pairs = zip(reading.alphabet, weights, strict=True)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
