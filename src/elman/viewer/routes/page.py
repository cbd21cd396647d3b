"""The page and its parts. What a page shows is decided by its address, in the browser."""

from __future__ import annotations

from dataclasses import replace

from elman.errors import RunError
from elman.viewer import page
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.routes import candidates

PANELS = (
    "captions", "cell", "clips", "finder", "gates", "gradients", "jacobian", "labels", "samples",
    "text", "trajectory", "translations",
)  # fmt: skip


def part(asked: Asked) -> Answer:
    """A script, a style or a font."""
    return page.part(asked.path["name"])


def index(asked: Asked) -> Answer:
    """The page itself, which says so too where there is no such run or panel: status 404."""
    run, panel = asked.path.get("run"), asked.path.get("panel")
    known = run is None or run in asked.home.runs()
    known = known and (panel is None or panel in PANELS)
    return replace(page.index(), status=200 if known else 404)


def search(asked: Asked) -> Answer:
    """The page for a search or one of its cells: status 404 where there is no such one."""
    try:
        _, found = asked.home.search(asked.path["search"])
        if (cell := asked.path.get("cell")) is not None:
            candidates.found(found, cell)
    except RunError:
        return replace(page.index(), status=404)
    return page.index()


ROUTES = (
    Route("GET", "/assets/{name}", part),
    Route("GET", "/", index),
    Route("GET", "/runs/{run}", index),
    Route("GET", "/runs/{run}/{panel}", index),
    Route("GET", "/runs/{run}/units/{unit}", index),
    Route("GET", "/searches/{search}", search),
    Route("GET", "/searches/{search}/cells/{cell}", search),
)
