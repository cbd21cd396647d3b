"""Silencing a unit hurts where it was of use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.data import Vocabulary
from elman.equations import Cell
from elman.errors import DataError
from elman.models import LanguageModel
from elman.probe.ablation import ablate, losses_of
from elman.probe.reading import read

# h counts nothing: it is 1 from an opening bracket on and 0 from a closing one on
SWITCH = Cell("param W[H, D]\nh' = min(max(h + W x, 0), 1)")


@pytest.fixture
def switch():
    """A model that knows whether a bracket is open, in unit 0, and then foretells `a`, else `b`."""
    model = LanguageModel(SWITCH, 4, 2, embedding=0)  # tokens: ( ) a b
    with torch.no_grad():
        model.recurrent.layers[0].W.zero_()
        model.recurrent.layers[0].W[0] = torch.tensor([1.0, -1.0, 0.0, 0.0])
        model.output.weight.zero_()
        model.output.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 3.0]))
        model.output.weight[2, 0], model.output.weight[3, 0] = 3.0, -3.0
    return model


VOCABULARY = Vocabulary("()ab")
TEXT = "(aaaa)bbbbbb" * 80


def test_silencing_the_unit_that_knows_hurts_inside_alone(switch):
    reading = read(switch, VOCABULARY, TEXT)
    inside = reading.unit("h.0.0") == 1
    assert "".join(np.where(inside[:12], "^", ".")) == "^^^^^......."
    found = ablate(switch, VOCABULARY, TEXT, "h.0.0", inside)
    # a in 4 of 5, ) in 1 of 5: by hand from the softmax of both rows of scores
    whole = np.log(3 + np.exp(3))
    assert found.inside == pytest.approx((4 * 3 + 0) / 5, abs=1e-5)
    assert found.outside == pytest.approx(0, abs=1e-6) and found.ratio > 1000
    assert found.losses[1] == pytest.approx(whole, abs=1e-5)
    assert found.inside_interval[0] < found.inside < found.inside_interval[1] + 1e-9


def test_a_unit_that_does_nothing_hurts_nothing(switch):
    inside = read(switch, VOCABULARY, TEXT).unit("h.0.0") == 1
    found = ablate(switch, VOCABULARY, TEXT, "h.0.1", inside)
    assert found.inside == found.outside == 0
    assert found.inside_interval == found.outside_interval == (0, 0)


def test_a_unit_silenced_for_one_annotation_is_not_silenced_again_for_another(switch, monkeypatch):
    inside = np.array([c in "(a" for c in TEXT])
    first = ablate(switch, VOCABULARY, TEXT, "h.0.0", inside)
    other = np.array([c == "b" for c in TEXT])
    anew = ablate(switch, VOCABULARY, TEXT, "h.0.0", other)
    monkeypatch.setattr("elman.probe.ablation.losses_of", None)
    known = ablate(
        switch, VOCABULARY, TEXT, "h.0.0", other, before=first.before, losses=first.losses
    )
    assert known.inside == anew.inside and known.interval == anew.interval
    assert known.outside == anew.outside != 0


def test_losses_are_those_of_the_model(build, vocabulary, text):
    tokens = torch.from_numpy(vocabulary.encode(text[:200]).astype(np.int64))[:, None]
    with torch.no_grad():
        wanted, _ = build().loss(tokens[:-1], tokens[1:])
    assert losses_of(build(), vocabulary, text[:200])[1:].mean() == pytest.approx(
        float(wanted), abs=1e-5
    )


def test_the_interval_covers_the_truth_about_as_often_as_it_says(rng):
    from elman.probe.ablation import _intervals

    covered = 0
    for trial in range(60):
        labels = np.repeat(rng.random(100) < 0.5, 100)
        more = labels * 0.3 + 0.2 + np.repeat(rng.normal(size=1000), 10) * 0.5
        low, high = _intervals(more, labels, trial)
        covered += low[0] < 0.5 < high[0]
    assert covered > 60 * 0.85


def test_labels_that_divide_nothing_are_refused(switch):
    with pytest.raises(DataError, match=r"^an ablation compares some characters"):
        ablate(switch, VOCABULARY, TEXT, "h.0.0", np.ones(len(TEXT), bool))
