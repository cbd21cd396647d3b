"""Proofs run on one thread: what several threads change is asked where it is asked (test_bits)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proof.bits import threads


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine, short calls on two threads spend their time waiting for each other."""
    with threads(1):
        yield
