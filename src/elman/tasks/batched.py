"""What tasks have in common whose examples stand alone: batches in an order that can be restored.

A task of this kind has nothing to carry from step to step but its position.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from elman.data.batches import Batches

MINUTES = 3.0  # of a training that was not told when to end


class Batched:
    """The part of a `Task` that follows from its `batches`."""

    batches: Batches

    @property
    def tokens_per_step(self) -> int:
        """How many predictions a training step makes, in the mean."""
        return max(1, round(self.batches.mean))

    def forget(self) -> None:
        """Nothing is carried that could be forgotten."""

    def figures(self, sample: str) -> dict[str, float]:
        """Samples are judged by the evaluation."""
        return {}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """None is carried."""
        return {}

    def facts(self) -> dict[str, Any]:
        """The position in the data."""
        return {"batches": self.batches.state()}

    def restore(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Go back to a saved position."""
        self.batches.restore(facts["batches"])
