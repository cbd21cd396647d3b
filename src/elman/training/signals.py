"""Ctrl-C and SIGTERM as a request: the training ends its step, saves, and stops in good order.

A second signal stops at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_CAUGHT = (signal.SIGINT, signal.SIGTERM)


class Request:
    """Whether somebody asked to stop; `number` is the signal, or None."""

    number: int | None = None

    def stop(self, number: int = signal.SIGINT) -> None:
        """Ask to stop after the step that is under way."""
        self.number = int(number)


@contextmanager
def listening() -> Generator[Request]:
    """Catch the signals while the block runs; outside the main thread there is nothing to catch."""
    request = Request()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if request.number is not None:
            raise KeyboardInterrupt
        request.stop(number)

    before = {number: signal.signal(number, handle) for number in _CAUGHT}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
