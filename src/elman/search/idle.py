"""Evaluation without training, to see what the search around it costs: figures made of the text."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any


def evaluate(job: Mapping[str, Any]) -> dict[str, Any]:
    """A result in the form of `evaluate.evaluate`: one in eight passes the test."""
    raw = blake2b(f"{job['text']} {job['seed']}".encode(), digest_size=8).digest()
    share = [byte / 255 for byte in raw]
    passed = share[0] < 0.125 or not job["gates"]
    tasks = {task: {"best": 0.5 + share[1 + i] / 2} for i, task in enumerate(job["plan"]["tasks"])}
    return {
        "outcome": "done" if passed else "memorization",
        "memorization": 1.0 if passed else share[0],
        "tasks": tasks if passed else {},
        "seconds": {"compile": 0.0, "memorization": 0.0},
        "parameters": len(job["text"]),
    }
