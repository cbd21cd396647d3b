"""Shares of time, counted."""

from __future__ import annotations

import pytest

from elman.probe.reading import read
from elman.probe.saturation import saturation


def test_shares_are_counted_for_gates_alone(build, vocabulary, text):
    reading = read(build(), vocabulary, text[:300])
    found = {one.track: one for one in saturation(reading)}
    assert list(found) == ["i.0", "f.0", "o.0", "i.1", "f.1", "o.1"]
    values = reading.unit("f.1.4").tolist()
    assert found["f.1"].low[4] == pytest.approx(sum(v < 0.1 for v in values) / 300, abs=1e-9)
    assert found["f.1"].high[4] == pytest.approx(sum(v > 0.9 for v in values) / 300, abs=1e-9)
    assert found["f.1"].to_dict()["track"] == "f.1"


def test_a_cell_without_gates_has_nothing_to_saturate(build, vocabulary, text):
    assert saturation(read(build("rnn"), vocabulary, text[:50])) == []
