"""The demand on a trial: outputs to 1e-11, gradients to 1e-10, and slopes by dual numbers.

Tolerances are shares of the largest magnitude of an array, or of 1 if that is less. Both
witnesses work in double precision: the interpreter with the adjoint step, and dual numbers, which
share no code with it.

A trial is not defined where the witnesses themselves cannot tell: a value that is not finite, one
so near a kink that rounding decides, or numbers that amplify a rounding error beyond the
tolerance. That is asked of the witnesses alone, and only when a trial fails; it is counted.
"""

from __future__ import annotations

import numpy as np

from elman.derive import prefixed
from proof.dual import Walk
from proof.reference import Reference
from proof.running import arriving, run, wants
from proof.trial import Trial
from witness import Results, largest, worst

FORWARD, BACKWARD = 1e-11, 1e-10
KINK = 1e-9  # a value nearer to a kink than this may fall on either side
NUDGE = 1e-15  # the share by which numbers are moved to see what rounding does to a trial


class Mismatch(AssertionError):
    """Compiled code and a witness differ."""


class Undefined(Exception):
    """The witnesses cannot say what a trial must give."""


def allowed(name: str, value: np.ndarray) -> float:
    """The largest error that an array may have."""
    return (BACKWARD if name.startswith("grad_") else FORWARD) * max(1.0, largest(value))


def compare(trial: Trial) -> Results:
    """Run a trial in double precision; Mismatch unless both witnesses agree with it."""
    want = witnessed(trial)
    got = run(trial)
    same(trial, got, want)
    return got


def fails(trial: Trial) -> bool:
    """Whether a trial fails in any way; one without a defined result does not."""
    try:
        compare(trial)
    except Undefined:
        return False
    except Exception:
        return True
    return False


def same(trial: Trial, got: Results, want: Results) -> None:
    """Mismatch if an array is not what the interpreter says; Undefined if it cannot say."""
    kept = {name: want[name] for name in got}
    for name, error in worst(got, kept).items():
        if error > allowed(name, want[name]):
            _raise(trial, f"{name} is wrong by {error:.3g} of {largest(want[name]):.3g}")


def witnessed(trial: Trial) -> Results:
    """What the interpreter gives, after dual numbers have agreed with it."""
    with np.errstate(all="ignore"):
        want = Reference(trial).results()
    if not all(np.isfinite(value).all() for value in want.values()):
        raise Undefined("a value is not finite")
    loss, slopes = Walk(trial).losses()
    paid = sum(float((want[name] * seed).sum()) for name, seed in arriving(trial).items())
    scale = sum(float(np.abs(want[n] * s).sum()) for n, s in arriving(trial).items())
    if abs(paid - loss) > FORWARD * max(1.0, scale):
        _raise(trial, f"the equations give a loss of {loss:.12g}, the graph {paid:.12g}")
    directions = Walk(trial).directions
    for name in wants(trial):
        along = want[prefixed(name)] * directions[name]
        error = abs(float(along.sum()) - slopes[name])
        if error > BACKWARD * max(1.0, float(np.abs(along).sum())):
            _raise(trial, f"grad_{name} differs from the slope of the equations by {error:.3g}")
    return want


def _raise(trial: Trial, message: str) -> None:
    reason = undefined(trial)
    raise Undefined(reason) if reason else Mismatch(f"{message}\n{trial}")


def undefined(trial: Trial) -> str:
    """Why the witnesses cannot tell what a trial gives, or nothing."""
    walk = Walk(trial)
    walk.losses()
    if walk.margin < KINK:
        return f"a value comes within {walk.margin:.2g} of a kink"
    return _shaken(trial) or _rounded(trial)


def _rounded(trial: Trial) -> str:
    """Whether the interpreter is itself too far from what it gives in extended precision: a norm of
    numbers that are nearly equal shows nothing but how they were rounded.
    """
    want, wide = (Reference(trial, dtype).results() for dtype in (np.float64, np.longdouble))
    for name, error in worst(want, wide).items():
        if error > allowed(name, want[name]) / 10:
            return f"the interpreter's own rounding moves {name} by {error:.2g}"
    return ""


def _shaken(trial: Trial) -> str:
    """Whether the interpreter's own results move too far when its numbers move by a rounding."""
    rng = np.random.default_rng(trial.seed)
    case = trial.case
    groups = {
        kind: {n: v * (1 + NUDGE * rng.standard_normal(v.shape)) for n, v in values.items()}
        for kind in ("inputs", "statics", "states", "fixed")
        for values in [getattr(case, kind)]
    }
    moved = trial.with_numbers(**groups)
    want, near = Reference(trial).results(), Reference(moved).results()
    for name, error in worst(near, want).items():
        if error > allowed(name, want[name]) / 10:
            return f"a rounding error moves {name} by {error:.2g}"
    return ""
