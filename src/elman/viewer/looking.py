"""What the page says of units, from a reading alone: matches, snippets, saturation, the path of a
state. Plain numbers in, plain values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError
from elman.probe import Reading, Unit
from elman.probe.annotations import from_spans
from elman.probe.neurons import scores

BEFORE, AFTER = 40, 24  # characters around a place
SHOWN = 12  # places, snippets
BINS = 48
LOW, HIGH = 0.1, 0.9  # a gate below is shut, one above is open
Half = NDArray[np.float16]


def match(reading: Reading, spans: Sequence[tuple[int, int]], count: int = 8) -> dict[str, Any]:
    """The units that tell selected stretches from the rest, and where else they do the same.

    A unit's place on a character is its rank among all characters, turned round where it is low
    in the selection; a character's score is the mean over the units, 1 at most.
    """
    selected = from_spans(len(reading), "selected", spans)
    inside = np.asarray(selected.values, bool)
    if inside.all():
        raise ConfigError("the whole text is selected: select a part of it")
    found = scores(reading, [selected])
    areas = np.nan_to_num(found.figures[0], nan=0.5)
    order = np.argsort(-np.abs(areas - 0.5), kind="stable")[:count]
    score = np.zeros(len(reading))
    units: list[dict[str, Any]] = []
    for k in order.tolist():
        sign = 1 if areas[k] >= 0.5 else -1
        auc = float(max(areas[k], 1 - areas[k]))
        units.append({"unit": str(found.units[k]), "sign": sign, "auc": auc})
        values = reading.unit(found.units[k]).astype(np.float32)
        place = values.argsort(kind="stable").argsort() / max(1, len(values) - 1)
        score += (place if sign > 0 else 1 - place) / len(order)
    level = float(np.median(score[inside]))
    places = [
        {**around(reading.text, start, stop), "score": float(score[start:stop].mean())}
        for start, stop in _stretches((score >= level) & ~inside)
    ]
    best = sorted(places, key=lambda p: -p["score"] * min(p["stop"] - p["start"], 8))[:SHOWN]
    return {"units": units, "places": best}


def around(text: str, start: int, stop: int) -> dict[str, Any]:
    """A stretch of a text with a little on both sides."""
    return {
        "start": start,
        "stop": stop,
        "before": text[max(0, start - BEFORE) : start],
        "text": text[start : min(stop, start + BEFORE)],
        "after": text[stop : stop + AFTER],
    }


def unit_facts(reading: Reading, unit: Unit) -> dict[str, Any]:
    """A unit over the text: how its values are spread, and where it is highest and lowest."""
    values = reading.unit(unit).astype(np.float32)
    counts, edges = np.histogram(values, BINS)
    return {
        "unit": str(unit),
        "low": float(values.min()),
        "high": float(values.max()),
        "mean": float(values.mean()),
        "counts": counts.tolist(),
        "edges": edges.tolist(),
        "snippets": _snippets(reading, values, 1),
        "lows": _snippets(reading, values, -1),
    }


def _snippets(reading: Reading, values: NDArray[np.float32], sign: int) -> list[dict[str, Any]]:
    """Stretches around the largest values, none of which overlap."""
    free = np.ones(len(values), bool)
    found: list[dict[str, Any]] = []
    for peak in np.argsort(-sign * values, kind="stable").tolist():
        if not free[peak]:
            continue
        start, stop = max(0, peak - BEFORE), min(len(values), peak + AFTER)
        free[max(0, start - AFTER) : stop + BEFORE] = False
        row = {"start": start, "stop": stop, "peak": peak, "value": float(values[peak])}
        found.append(row | {"text": reading.text[start:stop], "values": values[start:stop]})
        if len(found) == SHOWN:
            break
    return found


def saturation(reading: Reading) -> list[dict[str, Any]]:
    """Of every gate the share of time that each unit is shut (below 0.1) and open (above 0.9)."""
    return [
        {
            "track": track.address,
            "low": (track.values < LOW).mean(1).tolist(),
            "high": (track.values > HIGH).mean(1).tolist(),
        }
        for track in reading.of_kind("gate")
    ]


def trajectory(values: Half) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The path (T, 2) of a state (units, T) in the plane in which it moves most, and the share of
    its variance along both axes (principal components).
    """
    own = values.astype(np.float64)
    own -= own.mean(1, keepdims=True)
    size, axes = np.linalg.eigh(own @ own.T)
    order = np.argsort(size)[::-1][:2]
    best = axes[:, order]
    best *= np.where(best[np.abs(best).argmax(0), range(best.shape[1])] < 0, -1, 1)
    points = np.zeros((own.shape[1], 2), np.float32)
    points[:, : best.shape[1]] = own.T @ best
    return points, np.maximum(size[order], 0) / max(size.sum(), 1e-30)


def _stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of true values, [start, stop)."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], mask.view(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in steps.reshape(-1, 2)]
