"""Gradients in the course of a training, and what clipping did, from a run's metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingFlow:
    """One value per line of metrics; NaN where a line does not say it.

    `norm`: the largest norm of all gradients together since the line before, ahead of clipping;
    `clip`: the bound; `clipped`: the share of those steps that were scaled down; `parameters`:
    the norm of each parameter's gradient at the step of the line.
    """

    steps: NDArray[np.int64]
    norm: Array
    clip: float
    clipped: Array
    parameters: Mapping[str, Array]
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "steps": self.steps.tolist(), "norm": self.norm.tolist(), "clip": self.clip,
            "clipped": self.clipped.tolist(), "verdict": self.verdict,
            "parameters": {name: norms.tolist() for name, norms in self.parameters.items()},
        }  # fmt: skip


def training_flow(metrics: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> TrainingFlow:
    """The flow of a run, from `Run.metrics()` and `Run.config()`; runs of earlier versions have no
    norms by parameter.
    """
    rows = [row for row in metrics if "norm" in row]
    clip = float(config.get("training", {}).get("clip", np.nan))
    names = dict.fromkeys(name for row in rows for name in row.get("norms", {}))
    column = _column([row.get("clipped") for row in rows])
    norm = _column([row.get("norm") for row in rows])
    by_name = {n: _column([row.get("norms", {}).get(n) for row in rows]) for n in names}
    steps = np.array([row["step"] for row in rows], np.int64)
    return TrainingFlow(steps, norm, clip, column, by_name, _words(norm, clip, column))


def _column(values: Sequence[Any]) -> Array:
    return np.array([np.nan if v is None else float(v) for v in values], np.float64)


def _words(norm: Array, clip: float, clipped: Array) -> str:
    if not len(norm):
        return "nothing was logged yet"
    known = clipped[~np.isnan(clipped)]
    if len(known):
        share = f"{known.mean():.0%} of the steps were clipped"
    else:
        share = f"in {np.nanmean(norm > clip):.0%} of the lines the largest norm was above {clip:g}"
    return f"{share}; the norm went from {norm[0]:.2g} to {norm[-1]:.2g}"
