"""Ctrl-C and SIGTERM as a request: the training ends its step, saves, and stops in good order.

A second signal stops at once. Whoever listens while somebody listens already hears the same.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_CAUGHT = (signal.SIGINT, signal.SIGTERM)
_active: list[Request] = []


class Request:
    """Whether somebody asked to stop; `number` is the signal, or None."""

    number: int | None = None

    def stop(self, number: int = signal.SIGINT) -> None:
        """Ask to stop after the step that is under way."""
        self.number = int(number)


@contextmanager
def listening() -> Generator[Request]:
    """Catch the signals while the block runs; outside the main thread there is nothing to catch."""
    if _active:
        yield _active[-1]
        return
    request = Request()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if request.number is not None:
            raise KeyboardInterrupt
        request.stop(number)

    before = {number: signal.signal(number, handle) for number in _CAUGHT}
    _active.append(request)
    try:
        yield request
    finally:
        _active.pop()
        for number, handler in before.items():
            signal.signal(number, handler)
