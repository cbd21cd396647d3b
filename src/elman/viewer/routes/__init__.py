"""Every route of the viewer: one file per resource, and this table of them all."""

from __future__ import annotations

from elman.viewer.routes import (
    candidates,
    captions,
    cell,
    clips,
    finder,
    gates,
    gradients,
    labels,
    page,
    runs,
    samples,
    searches,
    texts,
    training,
    translations,
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
    *translations.ROUTES,
    *captions.ROUTES,
    *clips.ROUTES,
    *labels.ROUTES,
    *page.ROUTES,  # last: an address that is no resource is a page
)

__all__ = ["ROUTES"]
