"""A text as the model read it: what it is, values of units as numbers, all that stood at a place.

The text is named by `text` in the query (the run's held-out text without one) and the checkpoint by
`step`, so that what a page asks for later belongs to what it asked for first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from elman.errors import ConfigError
from elman.probe import Reading, Track, Unit
from elman.viewer.answer import BINARY, Answer, Asked, Route
from elman.viewer.readings import OWN

MOST_UNITS = 64  # in one answer
MOST_NUMBERS = 1 << 22  # 16 MiB of float32
PLACES = 16  # of a text at which the size of values is taken


def reading(asked: Asked) -> Reading:
    """The reading that a request is about."""
    step = asked.whole("step", -1, -1)
    run = asked.home.run(asked.path["run"])
    return asked.home.readings.read(run, asked.query.get("text", OWN), None if step < 0 else step)


def put(asked: Asked) -> dict[str, Any]:
    """Keep the text of the body; its name."""
    run = asked.home.run(asked.path["run"])
    return {"text": asked.home.readings.put(run, asked.text())}


def whole(asked: Asked) -> dict[str, Any]:
    """The text, the tracks there are with the usual size of their values, the mean loss."""
    found = reading(asked)
    losses = found.losses[1:]
    return {
        "text": asked.query.get("text", OWN),
        "content": found.text,
        "step": found.step,
        "cell": found.cell,
        "loss": float(losses.mean()) if len(losses) else None,
        "tracks": [
            {
                "address": track.address,
                "name": track.name,
                "layer": track.layer,
                "kind": track.kind,
                "units": track.units,
                "usual": usual(track),
            }
            for track in found.tracks.values()
        ],
    }


def usual(track: Track) -> float:
    """The size that 98 of 100 values of its units stay below, from a few places of the text."""
    every = max(1, track.values.shape[1] // PLACES)
    return float(np.percentile(np.abs(track.values[:, ::every].astype(np.float32)), 98))


def values(asked: Asked) -> Answer:
    """Values of `units` (addresses with commas between) from `from` to `to`: float32, little
    endian, unit after unit. `losses` instead of a unit gives the nats of each character.
    """
    found = reading(asked)
    start = asked.whole("from", 0, 0, len(found))
    stop = asked.whole("to", len(found), start, len(found))
    names = asked.query.get("units", "").split(",")
    if len(names) > MOST_UNITS or len(names) * (stop - start) > MOST_NUMBERS:
        raise ConfigError(
            f"{len(names)} units over {stop - start:,} characters are too much for one answer: "
            f"ask for up to {MOST_UNITS} units and {MOST_NUMBERS:,} numbers"
        )
    rows = [found.losses if name == "losses" else found.unit(name) for name in names]
    numbers = np.stack([row[start:stop] for row in rows]).astype("<f4")
    return Answer(numbers.tobytes(), BINARY)


def instant(asked: Asked) -> dict[str, Any]:
    """All that stood in the unit of a number after character `at`, and the five guesses."""
    found = reading(asked)
    at = asked.whole("at", 0, 0, len(found) - 1)
    unit = Unit.parse(asked.query.get("unit", ""))
    found.unit(unit)  # is it there?
    following = at + 1 < len(found)
    guesses = [{"character": c, "share": share} for c, share in found.expected(at)]
    return {
        "at": at,
        "character": found.text[at],
        "values": found.value_at(unit, at),
        "guesses": guesses,
        "next": found.text[at + 1] if following else None,
        "nats": float(found.losses[at + 1]) if following else None,
    }


ROUTES = (
    Route("POST", "/runs/{run}/texts.json", put),
    Route("GET", "/runs/{run}/text.json", whole),
    Route("GET", "/runs/{run}/values.bin", values),
    Route("GET", "/runs/{run}/instant.json", instant),
)
