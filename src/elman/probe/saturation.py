"""How often each gate is shut or open: its share of time below 0.1 and above 0.9.

A forget gate that is nearly always open integrates, one that is nearly always shut looks no
further back than a step (A. Karpathy, J. Johnson and L. Fei-Fei, arXiv:1506.02078, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.probe.reading import Reading

SHUT, OPEN = 0.1, 0.9


@dataclass(frozen=True)
class Saturation:
    """A gate's track: for each unit the share of time `low` (units,) below 0.1 and `high` (units,)
    above 0.9.
    """

    track: str
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"track": self.track, "low": self.low.tolist(), "high": self.high.tolist()}


def saturation(reading: Reading) -> list[Saturation]:
    """One for each gate of each layer; none where a cell has no gates or they were not recorded."""
    return [
        Saturation(
            track.address,
            (track.values < np.float16(SHUT)).mean(1),
            (track.values > np.float16(OPEN)).mean(1),
        )
        for track in reading.of_kind("gate")
    ]
