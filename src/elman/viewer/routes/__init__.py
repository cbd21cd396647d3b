"""Every route of the viewer: one file per resource, and this table of them all."""

from __future__ import annotations

from elman.viewer.routes import cell, page, runs, samples, texts, training

ROUTES = (
    *runs.ROUTES,
    *training.ROUTES,
    *samples.ROUTES,
    *cell.ROUTES,
    *texts.ROUTES,
    *page.ROUTES,  # last: an address that is no resource is a page
)

__all__ = ["ROUTES"]
