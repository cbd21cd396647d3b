"""Using a run: the figures of a text, and what is told of them."""

from __future__ import annotations

import math

import pytest

from elman.api.use import evaluate, predict, sample, tell
from elman.errors import ConfigError, RunError


def test_figures_are_those_that_are_told(written):
    found = evaluate(written)

    assert found["task"] == "text"
    assert found["bits"] == pytest.approx(found["val_loss"] / math.log(2))
    assert tell(found) == (
        f"text.txt, {found['characters']} characters: {found['val_loss']:.4f} nats, "
        f"{found['bits']:.4f} bits, perplexity {found['perplexity']:.3f} per character"
    )


def test_samples_repeat_with_their_seed(written):
    assert "".join(sample(written, 9, seed=4)) == "".join(sample(written, 9, seed=4))


def test_globs_need_a_folder_and_a_text_has_no_inputs(written):
    with pytest.raises(ConfigError, match="--include picks files out of a folder"):
        evaluate(written, include=["*.txt"])
    with pytest.raises(RunError, match="elman sample"):
        predict(written, ["a"])
