"""Every route of the viewer: one file per resource, and this table of them all."""

from __future__ import annotations

from elman.viewer.routes import (
    candidates,
    cell,
    finder,
    gates,
    gradients,
    page,
    runs,
    samples,
    searches,
    texts,
    training,
    units,
)

ROUTES = (
    *runs.ROUTES,
    *training.ROUTES,
    *samples.ROUTES,
    *cell.ROUTES,
    *texts.ROUTES,
    *finder.ROUTES,
    *units.ROUTES,
    *gates.ROUTES,
    *gradients.ROUTES,
    *searches.ROUTES,
    *candidates.ROUTES,
    *page.ROUTES,  # last: an address that is no resource is a page
)

__all__ = ["ROUTES"]
