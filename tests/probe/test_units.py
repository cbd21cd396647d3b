"""A unit from all sides, and stretches that look alike."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from elman.errors import ConfigError
from elman.probe.reading import read
from elman.probe.units import match, unit_view


@pytest.fixture
def reading(build, vocabulary, text):
    return read(build(), vocabulary, text)


def test_a_unit_is_shown_where_it_is_highest_and_lowest(reading, build):
    found = unit_view(reading, "h.1.3", build())
    values = reading.unit("h.1.3").astype(float)
    assert found.highs[0][2] == values.argmax() and found.highs[0][3] == values.max()
    assert found.lows[0][2] == values.argmin() and found.lows[0][3] == values.min()
    assert all(a[3] >= b[3] for a, b in zip(found.highs, found.highs[1:], strict=False))
    spans = sorted(found.highs)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert found.counts.sum() == len(reading) and found.mean == pytest.approx(values.mean())
    json.dumps(found.to_dict())


def test_what_a_unit_writes_are_its_weights(reading, build, vocabulary):
    model = build()
    found = unit_view(reading, "h.1.3", model)
    letter, weight = found.writes[0]
    weights = model.output.weight.detach()
    row = weights[vocabulary.characters.index(letter), 3]
    assert weight == pytest.approx(float(row)) == float(weights[:, 3].max())
    assert unit_view(reading, "h.0.3", model).writes == ()
    assert unit_view(reading, "c.1.3", model).writes == ()


def test_what_is_selected_is_found_elsewhere(reading, text):
    """Two units that are planted to mark every comment; one comment is selected."""
    comments = [k for k in range(len(text)) if text.startswith("# no such field", k)]
    marks = np.zeros(len(text))
    for start in comments:
        marks[start : start + 15] = 1
    track = reading.tracks["c.0"]
    values = track.values.copy()
    values[4], values[7] = marks, -marks
    planted = replace(reading, tracks={**reading.tracks, "c.0": replace(track, values=values)})
    found = match(planted, [(comments[0], comments[0] + 15)], count=2)
    assert {(str(unit), sign) for unit, sign, _ in found.units} == {("c.0.4", 1), ("c.0.7", -1)}
    assert sorted(place[0] for place in found.places) == comments[1:]
    assert all(stop - start == 15 and score == 1 for start, stop, score in found.places)
    json.dumps(found.to_dict())


def test_a_selection_must_leave_something(reading):
    with pytest.raises(ConfigError, match="select some of the text"):
        match(reading, [(0, len(reading))])
