"""The built page: `index.html` and its parts, as `frontend/` built them into `page/` beside this.

The names of its parts bear a digest of their content, so a browser may keep them for good.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from elman.viewer.answer import Answer
from elman.viewer.missing import NotHere

BUILT = Path(__file__).parent / "page"
UNBUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Elman</title>
<h1>The page is not built</h1>
<p>This copy of Elman came without its page. In a clone, <code>make page</code> builds it.
The figures are there all the same, as JSON: <a href="/runs.json">/runs.json</a>.</p></html>
"""


def index(built: Path = BUILT) -> Answer:
    """The page; what it shows follows from the address it is opened at."""
    path = built / "index.html"
    text = path.read_bytes() if path.is_file() else UNBUILT.encode()
    return Answer(text, "text/html; charset=utf-8")


def part(name: str, built: Path = BUILT) -> Answer:
    """A part of the page by its name; NotHere for any other name."""
    if name not in names(built):
        raise NotHere("the page has no such part")
    kind, _ = mimetypes.guess_type(name)
    if name.endswith(".js"):
        kind = "text/javascript"  # some systems say otherwise
    raw = (built / "assets" / name).read_bytes()
    return Answer(raw, kind or "application/octet-stream", kept=True)


def names(built: Path) -> frozenset[str]:
    """The parts there are: what is not listed is not served."""
    folder = built / "assets"
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()
