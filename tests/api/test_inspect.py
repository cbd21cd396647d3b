"""Inspecting runs and models."""

from __future__ import annotations

import pytest

from elman import api
from elman.errors import ConfigError


def test_a_run_is_inspected_on_its_own_text_and_what_was_read_stays(written):
    found = api.inspect(written, characters=600)
    assert found.source == "the held-out text" and found.name == "run"
    assert list(found.flows) == ["run"] and found.training.steps[-1] == 6
    kept = list((written / "probes").glob("reading-*"))
    again = api.inspect(written, characters=600)
    assert again.reading.folder in kept
    assert [str(one.unit) for one in again.findings] == [str(one.unit) for one in found.findings]


def test_a_text_of_ones_own_is_shown_and_a_file_is_read(written, tmp_path):
    assert api.inspect(written, "the red cat").reading.text == "the red cat"
    (tmp_path / "own.txt").write_text("the red dog\r\n")
    assert api.inspect(written, tmp_path / "own.txt").reading.text == "the red dog\n"
    assert api.inspect(written, str(tmp_path / "own.txt")).reading.text == "the red dog\n"


def test_a_long_text_is_studied_itself(written):
    found = api.inspect(written, "the cat sat on the mat. a red dog ran.\n" * 150)
    assert found.source == "the text" and found.studied == 5850


def test_runs_stand_beside_one_another(written):
    found = api.inspect(api.open_run(written), "the cat", beside=[written])
    assert list(found.flows) == ["run", "run (2)"]


def test_a_model_needs_its_vocabulary(written):
    opened = api.open_run(written)
    found = api.inspect(opened.model, "the cat sat", vocabulary=opened.vocabulary)
    assert "<svg" in found._repr_html_()
    with pytest.raises(ConfigError, match=r"^a model alone does not say what its tokens are"):
        api.inspect(opened.model, "the cat sat")
