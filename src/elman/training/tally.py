"""What a training counts between two lines of metrics, and the best score so far."""

from __future__ import annotations

import math
from typing import Any

from elman.errors import RunError

PATIENCE = 5  # steps in a row without a finite loss and gradient


class Tally:
    """Sums since the last line of metrics, skipped steps, evaluations done, the best score."""

    def __init__(self) -> None:
        self.loss_sum, self.norm_max, self.counted, self.clipped = 0.0, 0.0, 0, 0
        self.skipped, self.skipped_in_a_row = 0, 0
        self.look_at = 0.0
        self.best: float | None = None
        self.best_step = 0

    def add(self, step: int, loss: float, norm: float, clip: float = math.inf) -> bool:
        """Count a step, clipped if its norm is above `clip`; False if it came to nothing. RunError
        after PATIENCE of those in a row.
        """
        if math.isfinite(loss) and math.isfinite(norm):
            self.loss_sum += loss
            self.norm_max = max(self.norm_max, norm)
            self.counted += 1
            self.clipped += norm > clip
            self.skipped_in_a_row = 0
            return True
        self.skipped += 1
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row >= PATIENCE:
            raise RunError(
                f"loss or gradient was not finite in {PATIENCE} steps in a row, up to step {step} "
                f"(loss {loss}, norm of the gradients {norm}): train again with a lower --lr; the "
                "last good checkpoint is kept"
            )
        return False

    def row(self) -> dict[str, float | int]:
        """The figures of the steps since the last line, which then begins anew."""
        mean = self.loss_sum / self.counted if self.counted else math.nan
        row: dict[str, float | int] = {"loss": mean, "norm": self.norm_max}
        if self.counted:
            row["clipped"] = self.clipped / self.counted
        if self.skipped:
            row["skipped"] = self.skipped
        self.loss_sum, self.norm_max, self.counted, self.clipped = 0.0, 0.0, 0, 0
        return row

    def scored(self, step: int, score: float) -> bool:
        """Note a score; whether it is the best so far."""
        if not math.isfinite(score) or (self.best is not None and score >= self.best):
            return False
        self.best, self.best_step = score, step
        return True

    def facts(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return dict(vars(self))

    def restore(self, facts: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        vars(self).update(facts)
