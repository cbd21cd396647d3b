"""Logistic regression against what is known: a line that separates, and the law of its minimum."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.logistic import DECAY, accuracy, regress


def rows(count=300, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype(np.float32)
    return x, (x[:, 0] + 0.5 * x[:, 2] > 0).astype(np.int64)


def test_what_a_line_separates_is_told_apart_and_noise_is_not():
    assert accuracy(rows(), rows(200, 1), 2) > 0.96
    x, y = rows(200, 1)
    assert abs(accuracy(rows(), (x[:, ::-1] * 0, y), 2) - 0.5) < 0.15


def test_at_the_minimum_the_gradient_vanishes():
    x, y = rows()
    weight, bias = regress(x, y, 2)
    scores = x @ weight + bias
    share = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    wrong = (share - np.eye(2)[y]) / len(y)
    assert x.T @ wrong + 2 * DECAY * weight == pytest.approx(np.zeros((3, 2)), abs=1e-4)
    assert wrong.sum(0) == pytest.approx(np.zeros(2), abs=1e-4)
