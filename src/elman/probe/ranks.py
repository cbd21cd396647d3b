"""How well numbers tell labels: area under the curve and correlation, for all units at once.

The area under the receiver operating characteristic is the chance that a character that has the
label stands higher than one that has not, ties counted half (H. Mann and D. Whitney, 1947): it
follows from the sum of ranks. Half precision has 65,536 values, so ranks come from counting, not
from sorting, and the sums of all units and all labels are one matrix product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK = 64  # units at a time: 64 x 100,000 ranks are 51 MB
_SIGN = 1 << 15


def ranks(values: NDArray[np.float16]) -> Floats:
    """The ranks (U, T) from 1 of each row's values, the mean where several are alike."""
    bits = np.ascontiguousarray(values).view(np.uint16)
    keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    keys[keys == _SIGN - 1] = _SIGN  # -0 is 0
    found = np.empty(keys.shape)
    for row, own in zip(found, keys, strict=True):
        counts = np.bincount(own, minlength=1 << 16)
        row[:] = (np.cumsum(counts) - (counts - 1) / 2)[own]
    return found


def midranks(values: NDArray[np.floating]) -> Floats:
    """The ranks (T,) from 1 of values of any precision, the mean where several are alike."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def areas(ranked: Floats, labels: NDArray[np.bool_]) -> Floats:
    """The areas (U, A) under the curve of ranks (U, T) for labels (T, A); NaN where a label always
    or never holds.
    """
    length = labels.shape[0]
    ones = labels.sum(0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = ranked @ labels.astype(np.float64)
        return (sums - ones * (ones + 1) / 2) / (ones * (length - ones))


def correlations(values: NDArray[np.floating], amounts: NDArray[np.floating]) -> Floats:
    """Pearson's correlations (U, A) of values (U, T) with amounts (T, A); NaN for a constant."""
    own = values.astype(np.float64)
    own -= own.mean(1, keepdims=True)
    others = amounts.astype(np.float64)
    others -= others.mean(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        sizes = np.sqrt((own**2).sum(1))[:, None] * np.sqrt((others**2).sum(0))
        return np.where(sizes > 0, own @ others / sizes, np.nan)


def figures(
    values: NDArray[np.float16], labels: NDArray[np.bool_], amounts: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Areas (U, A) and correlations (U, B) of values (U, T), in blocks of units."""
    parts = [values[k : k + BLOCK] for k in range(0, len(values), BLOCK)]
    one = [areas(ranks(part), labels) for part in parts] if labels.shape[1] else []
    two = [correlations(_finite(part), amounts) for part in parts] if amounts.shape[1] else []
    count = len(values)
    return (
        np.concatenate(one) if one else np.empty((count, 0)),
        np.concatenate(two) if two else np.empty((count, 0)),
    )


def _finite(values: NDArray[np.float16]) -> Floats:
    return np.nan_to_num(values.astype(np.float64), posinf=65504, neginf=-65504)
