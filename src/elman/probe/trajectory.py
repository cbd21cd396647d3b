"""The way of a state through its space, seen from the side from which it is widest.

Principal components of the values of one track over a stretch of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError
from elman.probe.reading import Reading


@dataclass(frozen=True)
class Trajectory:
    """`points` (stop - start, dimensions) float32: after each character; `shares`: how much of the
    variance each dimension has. Signs are chosen so that the farthest point lies above 0.
    """

    track: str
    start: int
    points: NDArray[np.float32]
    shares: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"track": self.track, "start": self.start, "points": self.points.tolist(),
                "shares": self.shares.tolist()}  # fmt: skip


def trajectory(
    reading: Reading, track: str, start: int = 0, stop: int | None = None, *, dimensions: int = 2
) -> Trajectory:
    """The trajectory of a track (`c.0`) from character start to stop; ConfigError if that is
    fewer than two characters.
    """
    values = reading.track(track).values[:, start:stop].astype(np.float64)
    if values.shape[1] < 2:
        raise ConfigError("a trajectory needs at least 2 characters: select a longer stretch")
    values = np.nan_to_num(values, posinf=65504, neginf=-65504)
    values -= values.mean(1, keepdims=True)
    spread, sides = np.linalg.eigh(values @ values.T)  # (units, units), however long the stretch
    order = np.argsort(-spread)[:dimensions]
    points = values.T @ sides[:, order]
    far = points[np.abs(points).argmax(0), np.arange(points.shape[1])]
    points *= np.where(far < 0, -1, 1)
    total = max(float(spread.clip(0).sum()), 1e-300)
    return Trajectory(track, start, points.astype(np.float32), spread[order].clip(0) / total)
