"""The demand in single precision: at most twice eager torch's worst error, and 8 ulp.

Errors are against the interpreter in double precision, in units of the last place of an array's
largest number. One draw of numbers says little where the eager target is right to the last bit by
luck; what is beyond the bound in one draw is looked at in more, together, as one larger tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from proof.compare import Mismatch, Undefined
from proof.dual import Walk
from proof.reference import Reference
from proof.running import on_eager, run
from proof.trial import Trial
from witness import Results, largest, worst

DRAWS = (1, 8, 64, 256)
KINK = 1e-4  # a value nearer to a kink than this may fall on either side


def single(trial: Trial) -> None:
    """Mismatch unless a trial that the eager target can run is as right as it is there."""
    beyond: dict[str, str] = {}
    for draws in DRAWS:
        beyond = _beyond(trial, draws, set(beyond))
        if not beyond:
            return
    raise Mismatch(f"float32: {'; '.join(beyond.values())}\n{trial}")


def _beyond(trial: Trial, draws: int, only: set[str]) -> dict[str, str]:
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for each, want in _defined(trial, draws):
        for errors, target in ((ours, run), (theirs, on_eager)):
            got = target(each, dtype=torch.float32)
            for name, error in worst(got, {name: want[name] for name in got}).items():
                errors[name] = max(errors.get(name, 0.0), error)
                sizes[name] = max(sizes.get(name, 0.0), largest(want[name]))
    found: dict[str, str] = {}
    for name, error in ours.items():
        ulp = float(np.spacing(np.float32(sizes[name])))
        bound = 2 * theirs[name] / ulp + 8
        if error / ulp > bound and (not only or name in only):
            found[name] = f"{name} is wrong by {error / ulp:.1f} ulp, allowed {bound:.1f}"
    return found


def _defined(trial: Trial, draws: int) -> Iterator[tuple[Trial, Results]]:
    """The first draws in which no value is near a kink."""
    left = draws
    for draw in range(2 * draws + 8):
        each = replace(trial, draw=draw)
        walk = Walk(each)
        walk.losses()
        if walk.margin >= KINK:
            yield each, Reference(each).results()
            left -= 1
        if not left:
            return
    if left == draws:
        raise Undefined("a value comes near a kink in every draw")
