"""How often each gate is shut or open, and the path of a state."""

from __future__ import annotations

from typing import Any

import numpy as np

from elman.errors import ConfigError
from elman.probe.saturation import saturation
from elman.probe.trajectory import trajectory
from elman.viewer.answer import Asked, Route
from elman.viewer.routes.texts import reading

LONGEST = 5000  # characters of a path


def gates(asked: Asked) -> dict[str, Any]:
    """For every gate the shares of time of each unit below 0.1 and above 0.9."""
    found = reading(asked)
    return {
        "cell": found.cell,
        "characters": len(found),
        "gates": [gate.to_dict() for gate in saturation(found)],
    }


def path(asked: Asked) -> dict[str, Any]:
    """The path of `track` from `from` to `to` in the plane in which it moves most."""
    found = reading(asked)
    states = [track.address for track in found.of_kind("state")]
    track = found.track(asked.query.get("track", states[-1] if states else ""))
    start = asked.whole("from", 0, 0, len(found) - 1)
    stop = asked.whole("to", min(start + 400, len(found)), start, len(found))
    if not 2 <= stop - start <= LONGEST:
        raise ConfigError(f"a path has 2 to {LONGEST:,} characters, not {stop - start:,}")
    way = trajectory(found, track.address, start, stop)
    points = np.zeros((stop - start, 2), np.float32)
    points[:, : way.points.shape[1]] = way.points  # a single unit moves along a line
    return {
        "track": track.address,
        "tracks": states,
        "from": start,
        "to": stop,
        "text": found.text[start:stop],
        "x": points[:, 0],
        "y": points[:, 1],
        "shares": [*way.shares, 0.0][:2],
    }


ROUTES = (
    Route("GET", "/runs/{run}/gates.json", gates),
    Route("GET", "/runs/{run}/trajectory.json", path),
)
