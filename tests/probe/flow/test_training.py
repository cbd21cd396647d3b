"""Gradients in the course of a training, from its metrics."""

from __future__ import annotations

import numpy as np

from elman.probe.flow.training import training_flow

ROWS = [
    {"step": 20, "loss": 3.0, "norm": 4.0, "clipped": 0.5, "norms": {"U": 3.0, "b": 0.5}},
    {"step": 25, "val_loss": 2.0},
    {"step": 40, "loss": 2.0, "norm": 0.5, "clipped": 0.0, "norms": {"U": 0.4}},
]


def test_lines_become_columns():
    found = training_flow(ROWS, {"training": {"clip": 1.0}})
    assert found.steps.tolist() == [20, 40] and found.clip == 1
    assert found.norm.tolist() == [4.0, 0.5] and found.clipped.tolist() == [0.5, 0.0]
    assert found.parameters["U"].tolist() == [3.0, 0.4] and np.isnan(found.parameters["b"][1])
    assert found.verdict == "25% of the steps were clipped; the norm went from 4 to 0.5"


def test_a_run_of_an_earlier_version_says_what_it_can():
    rows = [{"step": k, "norm": norm} for k, norm in ((20, 4.0), (40, 0.5))]
    found = training_flow(rows, {"training": {"clip": 1.0}})
    assert found.parameters == {} and np.isnan(found.clipped).all()
    assert found.verdict.startswith("in 50% of the lines the largest norm was above 1;")
    assert training_flow([], {}).verdict == "nothing was logged yet"
