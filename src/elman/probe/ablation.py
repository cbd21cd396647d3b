"""What a unit is good for: hold it at a value, and see which characters become harder to foretell.

In: a model, a text, a unit, an annotation. Out: by how much the loss rises after characters that
are annotated and after all others, and how sure that is: intervals come from drawing stretches of
`STRETCH` characters again and again, since neighbors are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.data import Vocabulary
from elman.errors import DataError
from elman.models import LanguageModel
from elman.probe.opened import clamped
from elman.probe.reading import Unit
from elman.probe.rows import Losses, read_rows

STRETCH = 200
DRAWS = 2000
SURE = 95  # per cent


@dataclass(frozen=True)
class Ablation:
    """What holding `unit` at `value` does: nats more for the character after those that are
    annotated (`inside`) and after others (`outside`), and how many times as much the one is
    (`ratio`, infinite if the others are not hurt), each with its interval of 95 %.

    `losses` (T,) are those of the changed model, `before` those of the model as it is.
    """

    unit: Unit
    value: float
    inside: float
    outside: float
    ratio: float
    inside_interval: tuple[float, float]
    outside_interval: tuple[float, float]
    interval: tuple[float, float]
    losses: NDArray[np.float32]
    before: NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """The figures, for JSON."""
        found = {name: value for name, value in vars(self).items()
                 if name not in ("losses", "before")}  # fmt: skip
        return found | {"unit": str(self.unit)}


def losses_of(model: LanguageModel, vocabulary: Vocabulary, text: str) -> NDArray[np.float32]:
    """Nats (T,) of each character foretold from those before it, the state carried."""
    tokens = vocabulary.encode_held_out(text)
    seer = Losses(tokens)
    read_rows(model, tokens, seer)
    return seer.values


def ablate(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    unit: Unit | str,
    labels: NDArray[np.bool_],
    *,
    value: float = 0.0,
    before: NDArray[np.float32] | None = None,
    losses: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Ablation:
    """Hold a unit of a state at `value` (0 silences it) while the model reads a text, and compare.

    `labels` (T,) say which characters are the unit's own; what counts is the loss of the character
    after. `before` are the losses of the model as it is, `losses` those with the unit held, where
    they are known. DataError if there are no such characters, or no others.
    """
    labels = np.asarray(labels, bool)
    if len(labels) != len(text) or labels[:-1].all() or not labels[:-1].any():
        raise DataError(
            "an ablation compares some characters of a text with the others: give a label for each "
            "of them, true for some and false for some"
        )
    unit = Unit.parse(unit) if isinstance(unit, str) else unit
    before = losses_of(model, vocabulary, text) if before is None else before
    if losses is None:
        losses = losses_of(clamped(model, {unit: value}), vocabulary, text)
    more = (losses - before)[1:].astype(np.float64)
    inside, outside, ratio = _figures(*_sums(more, labels[:-1]).sum(0))
    low, high = _intervals(more, labels[:-1], seed)
    first, second, third = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return Ablation(
        unit, value, float(inside), float(outside), float(ratio), first, second, third, losses,
        before,
    )  # fmt: skip


def _sums(more: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each stretch: the sum inside, how many, the sum outside, how many."""
    stretch = min(STRETCH, max(1, len(more) // 20))
    starts = np.arange(0, len(more), stretch)
    columns = (more * labels, labels, more * ~labels, ~labels)
    return np.stack([np.add.reduceat(c.astype(np.float64), starts) for c in columns], 1)


def _figures(a: Any, n: Any, b: Any, m: Any) -> tuple[Any, Any, Any]:
    """Mean inside, mean outside and their ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside, outside = a / n, b / m
        return inside, outside, np.where(outside > 0, inside / outside, np.inf * np.sign(inside))


def _intervals(
    more: NDArray[np.float64], labels: NDArray[np.bool_], seed: int
) -> tuple[list[float], list[float]]:
    """Lower and upper ends for the three figures."""
    sums = _sums(more, labels)
    rng = np.random.default_rng(seed)
    drawn = sums[rng.integers(0, len(sums), (DRAWS, len(sums)))].sum(1)
    drawn = drawn[(drawn[:, 1] > 0) & (drawn[:, 3] > 0)]
    ends = ((100 - SURE) / 2, (100 + SURE) / 2)
    figures = [np.nan_to_num(f, nan=0.0) for f in _figures(*drawn.T)]
    bounds = [np.percentile(f, ends, method="nearest") for f in figures]
    return [float(b[0]) for b in bounds], [float(b[1]) for b in bounds]
