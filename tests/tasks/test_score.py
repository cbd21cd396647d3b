"""The loss over a whole text: every target once, the state carried, rows that change nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from elman.models import LanguageModel
from elman.tasks import score
from elman.tasks.score import mean_loss


@pytest.fixture
def net() -> LanguageModel:
    torch.manual_seed(2)
    model = LanguageModel("lstm", 6, 16, embedding=6, dropout=0.5)
    with torch.no_grad():
        model.output.weight.mul_(8)  # scores that depend on the state
    return model


def by_hand(net: LanguageModel, tokens: np.ndarray) -> float:
    """One token at a time, from the first to the last."""
    net.eval()
    state, total = None, 0.0
    with torch.no_grad():
        for here, there in pairwise(tokens):
            scores, state = net(torch.tensor([[int(here)]]), state)
            total -= float(scores[0, 0].double().log_softmax(-1)[int(there)])
    net.train()
    return total / (len(tokens) - 1)


@pytest.mark.parametrize("length", [2, 3, 255, 256, 257, 258, 600])
def test_every_target_is_counted_once_with_the_state_carried(net, rng, length):
    tokens = rng.integers(0, 6, length)

    assert mean_loss(net, tokens) == pytest.approx(by_hand(net, tokens), abs=2e-6)
    assert net.training


def test_rows_side_by_side_change_only_the_last_digits(net, rng):
    tokens = rng.integers(0, 6, 5000)
    exact = mean_loss(net, tokens, rows=1)

    for rows in (2, 3, 7):
        assert mean_loss(net, tokens, rows=rows) == pytest.approx(exact, abs=1e-5)


def test_without_the_run_up_rows_would_change_more(net, rng, monkeypatch):
    tokens = rng.integers(0, 6, 600)
    exact = mean_loss(net, tokens, rows=1)
    monkeypatch.setattr(score, "RUN_UP", 0)

    assert abs(mean_loss(net, tokens, rows=20) - exact) > 1e-4
