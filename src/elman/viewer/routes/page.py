"""The page and its parts. What a page shows is decided by its address, in the browser."""

from __future__ import annotations

from elman.viewer import page
from elman.viewer.answer import Answer, Asked, Route
from elman.viewer.missing import NotHere

PANELS = (
    "cell", "finder", "gates", "gradients", "jacobian", "samples", "text", "trajectory",
)  # fmt: skip


def part(asked: Asked) -> Answer:
    """A script, a style or a font."""
    return page.part(asked.path["name"])


def index(asked: Asked) -> Answer:
    """The page itself; NotHere for an address that it would not understand."""
    run, panel = asked.path.get("run"), asked.path.get("panel")
    if run is not None:
        asked.home.run(run)
    if panel is not None and panel not in PANELS:
        raise NotHere("there is no such page")
    return page.index()


ROUTES = (
    Route("GET", "/assets/{name}", part),
    Route("GET", "/", index),
    Route("GET", "/runs/{run}", index),
    Route("GET", "/runs/{run}/{panel}", index),
    Route("GET", "/runs/{run}/units/{unit}", index),
)
