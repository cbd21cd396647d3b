"""Findings that need memory come first."""

from __future__ import annotations

import numpy as np

from elman.probe.neurons import Finding
from elman.probe.reading import Unit
from elman.probe.report.inspected import memories, ordered


def finding(name: str, reported: float, baseline: float, share: float = 0.1) -> Finding:
    return Finding(
        name, "", "auc", share, Unit("c", 0, 1), 1, reported, reported, baseline, 0.5, 0.5, ()
    )


def test_what_the_last_characters_tell_is_no_memory_and_what_is_rare_comes_last():
    findings = [
        finding("rare", 0.99, 0.6, share=0.001), finding("near", 0.98, 0.95),
        finding("string", 0.95, 0.7), finding("if", 0.9, np.nan),
    ]  # fmt: skip
    assert [one.annotation for one in memories(findings)] == ["string", "if", "rare"]
    assert [one.annotation for one in ordered(findings)] == ["string", "if", "rare", "near"]
