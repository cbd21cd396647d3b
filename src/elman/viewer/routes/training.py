"""The curves of a training, column by column, from where the asker stopped reading.

The file only grows while a run trains, so a page that looks again gets the new lines alone. The
cursor says which file it was and how far it was read; a run that went back to a checkpoint has
another file, and is told from the start.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from elman.viewer.answer import Asked, Route

COLUMNS = ("step", "loss", "norm", "lr", "val_loss", "seconds", "skipped")
AT_ONCE = 4 << 20  # bytes of the file in one answer


def metrics(asked: Asked) -> dict[str, Any]:
    """Columns of equal length, null where a line says nothing; `more` if there is more to ask."""
    run = asked.home.run(asked.path["run"])
    rows, cursor, more, anew = read_from(run.paths.metrics, asked.query.get("after", ""))
    columns = {name: [_number(row.get(name)) for row in rows] for name in COLUMNS}
    return {"cursor": cursor, "anew": anew, "more": more, "status": run.status(), **columns}


def read_from(path: Path, cursor: str) -> tuple[list[dict[str, Any]], str, bool, bool]:
    """Rows after the cursor, the next cursor, whether there are more, whether it began anew."""
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            known, _, place = cursor.partition("-")
            start = int(place) if known == str(facts.st_ino) and place.isdecimal() else 0
            start = start if start <= facts.st_size else 0
            file.seek(start)
            raw = file.read(AT_ONCE)
    except OSError:
        return [], "", False, True
    end = raw.rfind(b"\n") + 1  # a line counts once its end is there
    rows = [row for line in raw[:end].split(b"\n") if (row := _row(line)) is not None]
    more = start + len(raw) < facts.st_size and end > 0
    return rows, f"{facts.st_ino}-{start + end}", more, start == 0


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and type(row.get("step")) is int else None


def _number(value: Any) -> float | int | None:
    return value if type(value) in (int, float) else None


ROUTES = (Route("GET", "/runs/{run}/metrics.json", metrics),)
