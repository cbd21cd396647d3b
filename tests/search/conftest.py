"""Searches for tests: small plans, and the figures of `idle` in the place of training."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from elman.search.plan import Plan

HERE = Path(__file__).parent


@pytest.fixture
def idle_plan():
    return Plan(evaluate="elman.search.idle:evaluate", fresh=1, winners=1, lag=8)


@pytest.fixture
def broken_path(monkeypatch):
    """Children find the module `broken`."""
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{HERE}{os.pathsep}{before}")


@pytest.fixture
def unused_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]
