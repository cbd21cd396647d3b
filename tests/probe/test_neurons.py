"""Units that tell something are found, on a part of the text where they had no say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from elman.errors import DataError
from elman.probe.annotations import annotate
from elman.probe.annotations.annotation import category
from elman.probe.neurons import find_units, scores, untrained_like
from elman.probe.reading import read


@pytest.fixture
def reading(build, vocabulary, text):
    return read(build(), vocabulary, text)


def planted(reading, address: str, values):
    """The same reading with one unit's values exchanged."""
    name, number = address.rsplit(".", 1)
    track = reading.tracks[name]
    changed = track.values.copy()
    changed[int(number)] = values
    return replace(reading, tracks={**reading.tracks, name: replace(track, values=changed)})


def test_a_planted_unit_is_found_with_its_sign(reading, text, rng):
    annotations = annotate(text, "python")
    string = next(one for one in annotations if one.name == "string")
    noisy = np.where(string.values, -0.5, 0.5) + rng.normal(size=len(text)) * 0.1
    (found,) = find_units(planted(reading, "c.1.7", noisy), [string])
    assert (str(found.unit), found.sign, found.measure) == ("c.1.7", -1, "auc")
    assert found.reported > 0.999 and found.ranking[0].unit == found.unit
    assert found.shuffled < 0.9 and found.ranking[1].reported < found.reported


def test_a_planted_amount_is_found(reading, text):
    depth = next(one for one in annotate(text, "python") if one.name == "bracket depth")
    (found,) = find_units(planted(reading, "h.0.2", 3 - depth.values), [depth])
    assert (str(found.unit), found.sign, found.measure) == ("h.0.2", -1, "correlation")
    assert found.reported == pytest.approx(1, abs=1e-3)


def test_a_unit_that_does_well_on_the_first_part_alone_is_reported_as_it_is(reading, text, rng):
    labels = rng.random(len(text)) < 0.5
    middle = len(text) // 2
    values = np.where(np.arange(len(text)) < middle, labels, rng.random(len(text)))
    (found,) = find_units(planted(reading, "c.0.1", values), [category("coin", "", labels)])
    assert str(found.unit) == "c.0.1" and found.chosen == 1
    assert 0.4 < found.reported < 0.6


def test_chance_is_reported_as_chance(reading, text, rng):
    (found,) = find_units(reading, [category("coin", "", rng.random(len(text)) < 0.5)])
    assert found.reported < 0.6 and found.baseline < 0.6 and found.shuffled < 0.62


def test_the_baseline_knows_the_last_character_and_not_what_was_long_ago(reading, text):
    now = category("now", "", np.array([c == "e" for c in text]))
    found = {one.annotation: one for one in find_units(reading, [now, *annotate(text, "python")])}
    assert found["now"].baseline > 0.999
    assert found["after a newline"].baseline > 0.999


def test_every_unit_is_scored_in_order(reading, text):
    annotations = annotate(text, "python")
    found = scores(reading, annotations)
    assert found.figures.shape == (len(annotations), 4 * 12) == (len(annotations), len(found.units))
    k = [one.name for one in annotations].index("comment")
    labels, values = annotations[k].values, reading.unit("c.1.3").astype(float)
    above = (values[labels][:, None] > values[~labels][None]).mean()
    tied = (values[labels][:, None] == values[~labels][None]).mean()
    unit = [str(one) for one in found.units].index("c.1.3")
    assert found.figures[k, unit] == pytest.approx(above + tied / 2, abs=1e-9)


def test_a_model_of_the_same_shape_has_other_weights(build, vocabulary, text):
    model, before = build(), torch.random.get_rng_state()
    other = untrained_like(model)
    assert torch.equal(torch.random.get_rng_state(), before)
    mine, theirs = model.state_dict(), other.state_dict()
    assert {n: t.shape for n, t in mine.items()} == {n: t.shape for n, t in theirs.items()}
    assert not torch.equal(mine["output.weight"], theirs["output.weight"])
    untrained = read(other, vocabulary, text)
    comment = [one for one in annotate(text, "python") if one.name == "comment"]
    (found,) = find_units(read(model, vocabulary, text), comment, untrained=untrained)
    assert 0.5 < found.untrained <= 1


def test_what_one_part_alone_has_is_left_out(reading, text):
    labels = np.arange(len(text)) < 100
    assert find_units(reading, [category("start", "", labels)]) == []


def test_findings_can_be_written_as_json(reading, text):
    import json

    found = find_units(reading, annotate(text, "python"))
    again = json.loads(json.dumps([one.to_dict() for one in found], allow_nan=True))
    assert again[0]["unit"] == str(found[0].unit) and len(again[0]["ranking"]) == 20


def test_a_short_text_is_refused(build, vocabulary, text):
    with pytest.raises(DataError, match=r"^100 characters are too few to choose units"):
        find_units(read(build(), vocabulary, text[:100]), annotate(text[:100], "python"))
