"""What an inspection holds, before anybody shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.probe.ablation import Ablation
from elman.probe.flow import GradientFlow, Spectrum, TrainingFlow
from elman.probe.neurons import Finding
from elman.probe.reading import Reading, Unit
from elman.probe.saturation import Saturation

RARE = 0.005  # share of the text; a figure of fewer characters says little
NEEDS_NO_MEMORY = 0.8  # of the last ten characters: what they tell so well is no finding


def memories(findings: Sequence[Finding]) -> list[Finding]:
    """Those that the last ten characters do not tell, as they come (the best first), rare
    annotations behind the others.
    """
    kept = [one for one in findings if not one.baseline > NEEDS_NO_MEMORY]
    return sorted(kept, key=lambda one: one.share < RARE)


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """All of them, those that need memory first."""
    first = memories(findings)
    return [*first, *(one for one in findings if one not in first)]


@dataclass(frozen=True)
class Inspected:
    """`text` was read and is shown; `studied` characters of `source` are what units were chosen and
    reported on. `flows` are by name, the model's own first.
    """

    name: str
    reading: Reading
    source: str
    studied: int
    findings: tuple[Finding, ...]
    ablations: Mapping[str, Ablation]
    unit: Unit
    flows: Mapping[str, GradientFlow]
    spectra: tuple[Spectrum, ...]
    saturations: tuple[Saturation, ...]
    training: TrainingFlow | None

    def ordered(self) -> list[Finding]:
        """All findings, those that need memory first."""
        return ordered(self.findings)

    def shades(self, unit: Unit, length: int) -> NDArray[np.float64]:
        """The first values of a unit from -1 to 1, as they are colored."""
        values = np.nan_to_num(self.reading.unit(unit).astype(np.float64), posinf=0, neginf=0)
        most = max(float(np.percentile(np.abs(values), 99)), 1e-6)
        return np.clip(values[:length] / most, -1, 1)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the arrays of the reading, for JSON. It holds no text."""
        return {
            "name": self.name,
            "cell": self.reading.cell,
            "step": self.reading.step,
            "source": self.source,
            "studied": self.studied,
            "unit": str(self.unit),
            "findings": [one.to_dict() for one in self.ordered()],
            "ablations": {name: one.to_dict() for name, one in self.ablations.items()},
            "flows": {name: flow.to_dict() for name, flow in self.flows.items()},
            "spectra": [one.to_dict() for one in self.spectra],
            "saturations": [one.to_dict() for one in self.saturations],
            "training": None if self.training is None else self.training.to_dict(),
        }
