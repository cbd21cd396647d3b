"""Gradients of a prediction, against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.errors import ConfigError
from elman.probe.saliency import saliency


def test_gradients_are_those_of_differences(build, vocabulary, text):
    model = build("gru").double()
    text = text[:60]
    found = saliency(model, vocabulary, text, 50, span=20)
    tokens = torch.from_numpy(vocabulary.encode(text).astype(np.int64))
    assert (found.start, found.target) == (31, text[51])

    @torch.no_grad()
    def log(vectors):
        hidden, _ = model.recurrent(vectors)
        return model.output(hidden[-1, 0]).log_softmax(-1)[tokens[51]]

    vectors = model.vectors(tokens[:51, None]).detach()
    assert found.probability == pytest.approx(float(log(vectors).exp()), rel=1e-6)
    for t in (31, 45, 50):
        slopes = []
        for unit in range(vectors.shape[-1]):
            moved = torch.zeros_like(vectors)
            moved[t, 0, unit] = 1e-5
            slopes.append(float(log(vectors + moved) - log(vectors - moved)) / 2e-5)
        assert found.norms[t - 31] == pytest.approx(np.linalg.norm(slopes), rel=1e-4)
        toward = np.dot(slopes, vectors[t, 0].numpy())
        assert found.toward[t - 31] == pytest.approx(toward, rel=1e-3, abs=1e-8)


def test_at_the_end_the_likeliest_is_foretold(build, vocabulary, text):
    found = saliency(build(), vocabulary, text[:30], 29)
    assert len(found.norms) == 30 and found.start == 0
    other = saliency(build(), vocabulary, text[:30], 29, target="e")
    assert other.target == "e" and other.probability <= found.probability


def test_a_place_outside_is_told(build, vocabulary, text):
    with pytest.raises(ConfigError, match=r"^there is no character 30 in a text of 30"):
        saliency(build(), vocabulary, text[:30], 30)
