"""What is shown: plain lines without a terminal, with loss, bits, speed and time."""

from __future__ import annotations

import io
import time

from rich.console import Console

from elman.training import Display
from elman.training.clock import Clock


def show(terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120, color_system=None)
    clock = Clock(1.0, 0, since=time.monotonic() - 30)
    with Display(console) as display:
        clock.step = 1200
        display.step(clock, 1000, {"loss": 1.5, "norm": 0.5, "lr": 0.1})
        display.look(clock, 1.386294, True, "\nKING:m:\n[bold]O my\n", 0.5)
        display.look(clock, 1.4, False, "x", 0.5)
    return out.getvalue()


def test_without_a_terminal_there_are_plain_lines():
    first, *rest = show(False).splitlines()

    assert first.startswith(
        "step 1,200  0:30  loss 1.500  held out 1.386 nats, 2.000 bits/char  0:2"
    )
    assert first.endswith(" left")
    assert rest[:2] == ["    KING:m:", "    [bold]O my"]
    assert rest[3].endswith("(not the best so far)")


def test_on_a_terminal_there_is_a_bar():
    assert "bits/char" in show(True)
