"""The routes that ask probes, beside the probes themselves."""

from __future__ import annotations

import numpy as np
import pytest

from elman import api
from elman.probe.annotations import annotate, from_spans
from elman.probe.flow import gradient_flow
from elman.probe.neurons import scores
from elman.tasks import Choice, write
from elman.viewer.readings import OWN
from elman.viewer.routes import ROUTES, finder, gates, gradients, units


@pytest.fixture(scope="module")
def reading(home):
    return home.readings.read(home.run("good-lstm"), OWN)


def test_the_table_has_the_routes_of_every_file():
    for file in (finder, gates, gradients, units):
        assert set(file.ROUTES) <= set(ROUTES)


def test_the_finder_names_a_unit_for_every_annotation(asked, reading):
    found = asked("/runs/good-lstm/finder.json").json()["findings"]
    names = {one["annotation"] for one in found}
    assert {"indentation", "position in line"} <= names <= {a.name for a in annotate(reading.text)}
    needs_memory = [not (one["baseline"] or 0) > 0.8 for one in found]
    assert needs_memory == sorted(needs_memory, reverse=True)
    best = found[0]
    half = len(reading) // 2
    (label,) = [a for a in annotate(reading.text) if a.name == best["annotation"]]
    table = scores(reading, [label], half)
    figure = table.figures[0][[str(u) for u in table.units].index(best["unit"])]
    towards = figure if best["sign"] > 0 else (1 - figure if best["measure"] == "auc" else -figure)
    assert best["reported"] == pytest.approx(float(towards))


def test_a_pattern_of_ones_own_is_ranked_alone(asked):
    found = asked("/runs/good-lstm/finder.json?pattern=self").json()["findings"]
    assert [one["annotation"] for one in found] == ["self"]
    assert "no regular expression" in asked("/runs/good-lstm/finder.json?pattern=(").json()["error"]
    assert asked("/runs/good-lstm/finder.json?pattern=" + "a" * 201).status == 400


def test_a_match_has_units_that_tell_the_selection(asked, reading):
    found = asked("/runs/good-lstm/match.json?spans=30-60,90-95").json()
    first = found["units"][0]
    table = scores(reading, [from_spans(len(reading), "it", [(30, 60), (90, 95)])])
    areas = table.figures[0]
    assert first["auc"] == pytest.approx(np.maximum(areas, 1 - areas).max())
    for place in found["places"]:
        assert place["text"] == reading.text[place["start"] : place["stop"]][:32]


@pytest.mark.parametrize("spans", ["", "5", "a-b", "9-3", "0-99999999", ",".join(["1-2"] * 51)])
def test_a_selection_that_is_none_is_refused(asked, spans):
    said = asked(f"/runs/good-lstm/match.json?spans={spans}")
    assert said.status == 400 and said.json()["error"]


def test_a_units_page_has_its_extremes_and_its_weights(asked, reading, folder):
    found = asked("/runs/good-lstm/units/h.0.5.json").json()
    values = reading.unit("h.0.5").astype(float)
    assert sum(found["counts"]) == len(reading)
    assert found["snippets"][0]["value"] == pytest.approx(values.max())
    assert found["lows"][0]["value"] == pytest.approx(values.min())
    one = found["snippets"][0]
    assert one["text"] == reading.text[one["start"] : one["stop"]]
    np.testing.assert_allclose(one["values"], values[one["start"] : one["stop"]])
    opened = api.open_run(folder / "good-lstm")
    weights = opened.model.output.weight.detach()[:, 5]
    top = found["writes"][0]
    assert top["weight"] == pytest.approx(float(weights.max()))
    assert opened.vocabulary.characters[int(weights.argmax())] == top["character"]
    assert asked("/runs/good-lstm/units/c.0.5.json").json()["writes"] == []


def test_a_held_unit_writes_otherwise_and_the_model_is_left_as_it_was(asked, folder):
    at = "/runs/good-lstm/units/h.0.5/write.json"
    body = b'{"value": 3.0, "length": 80, "seed": 4, "prime": "def "}'
    found = asked(at, "POST", body).json()
    opened = api.open_run(folder / "good-lstm")
    usual = "".join(
        write(opened.model, opened.vocabulary, 80, prime="def ", choice=Choice(0.7), seed=4)
    )
    assert found["usual"] == usual and len(found["changed"]) == 80
    assert asked(at, "POST", body).json() == found


@pytest.mark.parametrize(
    "body", [b"[]", b'{"value": "x"}', b'{"value": 1e9}', b'{"length": 1e6}', b'{"seed": -1}']
)
def test_a_wish_that_cannot_be_met_is_refused(asked, body):
    said = asked("/runs/good-lstm/units/h.0.5/write.json", "POST", body)
    assert said.status == 400 and said.json()["error"]


def test_an_ablation_has_intervals_and_wants_an_annotation(asked):
    at = "/runs/good-lstm/units/c.0.3/ablation.json"
    found = asked(f"{at}?annotation=indentation").json()
    low, high = found["inside_interval"]
    assert low <= found["inside"] <= high
    assert "there is no annotation" in asked(f"{at}?annotation=none").json()["error"]
    names = [a["name"] for a in asked("/runs/good-lstm/annotations.json").json()["annotations"]]
    assert "indentation" in names


def test_gates_are_counted(asked, reading):
    found = {row["track"]: row for row in asked("/runs/good-lstm/gates.json").json()["gates"]}
    assert set(found) == {"i.0", "f.0", "o.0"}
    shut = (reading.track("f.0").values.astype(float) < 0.1).mean(1)
    np.testing.assert_allclose(found["f.0"]["low"], shut, atol=1e-3)
    assert asked("/runs/good-rnn/gates.json").json()["gates"] == []


def test_the_path_keeps_the_distances_that_its_shares_promise(asked, reading):
    found = asked("/runs/good-lstm/trajectory.json?track=h.0&from=10&to=210").json()
    values = reading.track("h.0").values[:, 10:210].astype(float)
    total = ((values - values.mean(1, keepdims=True)) ** 2).sum()
    for axis, share in zip("xy", found["shares"], strict=True):
        assert np.square(found[axis]).sum() / total == pytest.approx(share, rel=1e-3)
    assert found["text"] == reading.text[10:210]
    assert asked("/runs/good-lstm/trajectory.json?from=5&to=6").status == 400


def test_the_gradient_is_followed_back(asked, reading, folder):
    found = asked("/runs/good-lstm/gradients.json").json()
    opened = api.open_run(folder / "good-lstm")
    again = gradient_flow(opened.model, opened.vocabulary, reading.text, lags=gradients.LAGS)
    np.testing.assert_allclose(found["layers"][0]["whole"], again.layers[0].whole, rtol=1e-4)
    assert found["verdict"] == again.verdict
    layer = asked("/runs/good-lstm/jacobian.json").json()["layers"][0]
    assert set(layer["products"]) == {str(lag) for lag in gradients.PRODUCTS}
    assert len(layer["exponents"]) == gradients.LEADING
