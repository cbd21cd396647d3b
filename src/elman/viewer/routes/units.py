"""One unit: where it fires, what it writes, and what becomes of the text if it is held."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from elman.errors import ConfigError
from elman.probe import Unit
from elman.probe.ablation import ablate
from elman.probe.annotations import annotate
from elman.probe.opened import clamped
from elman.probe.units import unit_view
from elman.tasks import Choice, write
from elman.viewer.answer import Asked, Route
from elman.viewer.routes.texts import reading

MOST_WRITTEN = 2000
LARGEST = 100.0  # a value that a unit is held at


def one(asked: Asked) -> dict[str, Any]:
    """Histogram, the highest and lowest places, and the characters that it speaks for."""
    unit = Unit.parse(asked.path["unit"])
    opened = asked.home.readings.open(asked.home.run(asked.path["run"]))
    found = reading(asked)
    view = unit_view(found, unit, opened.model)
    values = found.unit(unit)

    def shown(start: int, stop: int, peak: int, value: float) -> dict[str, Any]:
        return {
            "start": start,
            "stop": stop,
            "peak": peak,
            "value": value,
            "text": found.text[start:stop],
            "values": values[start:stop],
        }

    return {
        "unit": str(unit),
        "low": float(view.edges[0]),
        "high": float(view.edges[-1]),
        "mean": view.mean,
        "counts": view.counts,
        "edges": view.edges,
        "snippets": [shown(*snippet) for snippet in view.highs],
        "lows": [shown(*snippet) for snippet in view.lows],
        "writes": [{"character": c, "weight": weight} for c, weight in view.writes],
    }


def written(asked: Asked) -> dict[str, Any]:
    """What the model writes with the unit held at `value`, and what it writes without."""
    wanted = asked.values()
    unit, run = Unit.parse(asked.path["unit"]), asked.home.run(asked.path["run"])
    value, length = _number(wanted, "value", 0.0), int(_number(wanted, "length", 300))
    prime, seed = str(wanted.get("prime") or ""), int(_number(wanted, "seed", 1))
    if not (abs(value) <= LARGEST and 0 < length <= MOST_WRITTEN and 0 <= seed < 1 << 31):
        raise ConfigError(
            f"hold a unit between -{LARGEST:g} and {LARGEST:g}, write up to {MOST_WRITTEN} "
            "characters, and take a seed of 0 or more"
        )
    opened = asked.home.readings.open(run)
    choice = Choice(_number(wanted, "temperature", 0.7))
    models = {"usual": opened.model, "changed": clamped(opened.model, {unit: value})}
    texts = {
        name: "".join(
            write(model, opened.vocabulary, length, prime=prime, choice=choice, seed=seed)
        )
        for name, model in models.items()
    }
    return {"unit": str(unit), "value": value, "prime": prime, "seed": seed, **texts}


def ablation(asked: Asked) -> dict[str, Any]:
    """What holding the unit at `value` does to the loss after characters of `annotation` and after
    all others, in nats, with intervals.
    """
    unit, run = Unit.parse(asked.path["unit"]), asked.home.run(asked.path["run"])
    found, opened = reading(asked), asked.home.readings.open(run)
    name = asked.query.get("annotation", "")
    labels = {one.name: one for one in annotate(found.text)}
    if name not in labels:
        raise ConfigError(f"there is no annotation {name!r} in this text: {', '.join(labels)}")
    values = np.asarray(labels[name].values)
    held = asked.number("value", 0.0) or 0.0
    key = ("ablation", run.folder, found.step, found.text, str(unit), name, held)

    def make() -> dict[str, Any]:
        return ablate(
            opened.model, opened.vocabulary, found.text, unit, values > 0, value=held
        ).to_dict()

    return {"annotation": name, **asked.home.readings.remembered(key, make)}


def annotated(asked: Asked) -> dict[str, Any]:
    """The annotations of the text, with the share of it that each holds for."""
    found = annotate(reading(asked).text)
    return {"annotations": [{"name": a.name, "about": a.about, "share": a.share} for a in found]}


def _number(values: dict[str, Any], name: str, default: float) -> float:
    found = values.get(name, default)
    if type(found) not in (int, float) or not math.isfinite(found):
        raise ConfigError(f"{name} must be a number, not {found!r}")
    return found


ROUTES = (
    Route("GET", "/runs/{run}/units/{unit}.json", one),
    Route("POST", "/runs/{run}/units/{unit}/write.json", written),
    Route("GET", "/runs/{run}/units/{unit}/ablation.json", ablation),
    Route("GET", "/runs/{run}/annotations.json", annotated),
)
