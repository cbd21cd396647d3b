"""Is the process that writes a run still there? What it notes of itself, and what to make of it.

The note is {pid, host, start}: `start` tells a process from a later one with the same number,
where the system gives it away (Linux).
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

PATIENCE = 120.0  # seconds without a heartbeat after which an unknown process counts as gone
_MOST = 1 << 31  # no system numbers its processes beyond


def this_process() -> dict[str, Any]:
    """The note that a writer leaves in `run.json`."""
    pid = os.getpid()
    return {"pid": pid, "host": socket.gethostname(), "start": _start(pid)}


def is_alive(process: dict[str, Any], silence: float) -> bool:
    """Whether the process of a note still runs, given the seconds since its last heartbeat.

    On the same machine the system knows. Elsewhere, and where it does not tell processes apart,
    the heartbeat decides.
    """
    pid, start = process.get("pid"), process.get("start")
    if process.get("host") != socket.gethostname() or os.name == "nt":
        return silence < PATIENCE
    if not isinstance(pid, int) or isinstance(pid, bool) or not 0 < pid < _MOST:
        return silence < PATIENCE
    if start is not None:
        return _start(pid) == start
    return _exists(pid) and silence < PATIENCE


def _start(pid: int) -> int | None:
    """When it started, in the system's ticks; None if it is gone, a zombie, or not on Linux."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may contain anything
    return None if fields[0] in "ZX" else int(fields[19])


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
