"""The page over run folders: JSON and binary routes, and the page that shows them.

`serve` runs it on this machine; `make_app` is the same as an ASGI application. A route is a plain
function from what was asked to an answer, one file per resource in `routes`; who may ask is decided
in `guard` before any of them is called. The page itself is built from `frontend/`.
"""

from __future__ import annotations

from elman.viewer.app import make_app
from elman.viewer.home import Home
from elman.viewer.serve import folder_to_view, serve

__all__ = ["Home", "folder_to_view", "make_app", "serve"]
