"""What a run could say as it learned."""

from __future__ import annotations

from typing import Any

from elman.viewer.answer import Asked, Route

MOST = 1000  # samples in one answer, the last ones


def samples(asked: Asked) -> dict[str, Any]:
    """The samples, oldest first: step, text, and the figures that were taken of each."""
    rows = asked.home.run(asked.path["run"]).samples()
    kept = [row for row in rows if isinstance(row.get("text"), str)]
    return {"count": len(kept), "samples": kept[-MOST:]}


ROUTES = (Route("GET", "/runs/{run}/samples.json", samples),)
