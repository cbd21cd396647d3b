"""How many threads: one where there is so little to do that more would wait for one another."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread(only: bool = True) -> Generator[None]:
    """Compute with one thread inside the block, if `only`; the number is put back after it."""
    before = torch.get_num_threads()
    if only and before > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
