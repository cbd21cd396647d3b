"""Numbers about gradients, in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

GONE = 0.01  # of its size at lag 0: so small a gradient teaches nothing beside nearer ones
GROWN = 10.0
STILL = 0.005  # exponents nearer to 0 are neither


def of_lags(norms: NDArray[np.floating]) -> str:
    """What becomes of a gradient whose norms at lags 0, 1, ... these are."""
    last = len(norms) - 1
    if not np.isfinite(norms).all():
        return "the gradient is not finite"
    if last < 1 or not norms[0] > 0:
        return "no gradient flows"
    share = norms / norms[0]
    if share[-1] > GROWN:
        return f"explodes: {share[-1]:.3g} times as large {last} steps back"
    gone = np.flatnonzero(share < GONE)
    if len(gone):
        return f"vanishes after about {gone[0]} {'step' if gone[0] == 1 else 'steps'}"
    return f"reaches further than {last} steps: {share[-1]:.0%} of it is left there"


def of_exponent(largest: float) -> str:
    """What the largest exponent per step says."""
    if math.isnan(largest):
        return "no exponent: there is no step to measure"
    if largest > STILL:
        times = math.log(10) / largest
        return f"explodes: largest exponent {largest:.2f} per step, tenfold in {times:.0f} steps"
    if largest < -STILL:
        steps = math.log(GONE) / largest
        return (
            f"vanishes: largest exponent {largest:.2f} per step, a hundredth after "
            f"{max(1, round(steps))} {'step' if round(steps) <= 1 else 'steps'}"
        )
    return f"keeps: largest exponent {largest:.3f} per step, neither vanishes nor explodes"
