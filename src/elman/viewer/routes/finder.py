"""Which unit tells what: annotations, patterns of one's own, and selected stretches."""

from __future__ import annotations

from typing import Any

from elman.errors import ConfigError
from elman.probe import read
from elman.probe.annotations import annotate, from_pattern
from elman.probe.neurons import find_units, untrained_like
from elman.probe.report.inspected import ordered
from elman.probe.units import match
from elman.viewer.answer import Asked, Route
from elman.viewer.routes.texts import reading

MOST_PATTERN = 200  # characters of a pattern
MOST_SPANS = 50
BEFORE, AFTER = 32, 24  # characters shown around a place


def findings(asked: Asked) -> dict[str, Any]:
    """The best unit of every annotation, what needs memory first, as `elman inspect` has them; of
    `pattern` alone, if there is one in the query.
    """
    found = reading(asked)
    pattern = asked.query.get("pattern", "")
    if len(pattern) > MOST_PATTERN:
        raise ConfigError(f"a pattern has at most {MOST_PATTERN} characters")
    run = asked.home.run(asked.path["run"])

    def make() -> list[dict[str, Any]]:
        own = [from_pattern(found.text, pattern, pattern)]
        annotations = own if pattern else annotate(found.text)
        opened = asked.home.readings.open(run)
        fresh = read(untrained_like(opened.model), opened.vocabulary, found.text, quantities=False)
        ranked = find_units(found, annotations, untrained=fresh)
        return [one.to_dict() for one in ordered(ranked)]

    key = ("findings", run.folder, found.step, found.text, pattern)
    return {"pattern": pattern, "findings": asked.home.readings.remembered(key, make)}


def matches(asked: Asked) -> dict[str, Any]:
    """The units that tell `spans` (`10-20,40-44`) from the rest, and where else they fire."""
    found = reading(asked)
    alike = match(found, _spans(asked.query.get("spans", "")))
    units = [{"unit": str(u), "sign": sign, "auc": area} for u, sign, area in alike.units]
    places = [_around(found.text, *place) for place in alike.places]
    return {"units": units, "places": places}


def _around(text: str, start: int, stop: int, score: float) -> dict[str, Any]:
    """A stretch of a text with a little on both sides."""
    return {
        "start": start,
        "stop": stop,
        "score": score,
        "before": text[max(0, start - BEFORE) : start],
        "text": text[start : min(stop, start + BEFORE)],
        "after": text[stop : stop + AFTER],
    }


def _spans(words: str) -> list[tuple[int, int]]:
    try:
        pairs = [word.split("-") for word in words.split(",")]
        spans = [(int(start), int(stop)) for start, stop in pairs]
    except ValueError as error:
        raise ConfigError(f"spans are written like 10-20,40-44, not {words!r}") from error
    if len(spans) > MOST_SPANS:
        raise ConfigError(f"select up to {MOST_SPANS} stretches")
    return spans


ROUTES = (
    Route("GET", "/runs/{run}/finder.json", findings),
    Route("GET", "/runs/{run}/match.json", matches),
)
