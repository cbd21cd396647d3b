"""An inspection, as a person sees it: in the terminal, in a notebook, as a page, as JSON."""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from elman.errors import ConfigError
from elman.probe.report import clean_start, inspect


@pytest.fixture(scope="module")
def found(build, vocabulary, text):
    other = {"plain": (build("rnn", 1), vocabulary)}
    return inspect(build(), vocabulary, text, name="mine", beside=other)


def printed(found, **options) -> str:
    out = io.StringIO()
    found.show(Console(file=out, width=80, highlight=False, emoji=False), **options)
    return out.getvalue()


def test_the_terminal_shows_text_units_controls_and_the_gradient(found, text):
    shown = printed(found, length=60)
    assert text[:26] in shown and f"({len(text) - 60:,} more characters were read)" in shown
    assert "Best unit for each annotation" in shown and "string" in shown
    assert re.search(r"mine \(lstm\): (vanishes after about \d+ steps|reaches further)", shown)
    assert re.search(r"plain \(rnn\): ", shown)
    assert re.search(r"Silencing [hc]\.\d\.\d+ \(.*\): [+-]0\.\d{3} nats after its own", shown)
    assert max(len(line) for line in shown.splitlines() if line.startswith("inside ")) <= 80


def test_figures_of_several_models_stay_within_the_terminal(found):
    flows = dict.fromkeys(("rnn", "lstm", "gru", "mgu"), found.flows["plain"])
    shown = printed(replace(found, flows=flows)).splitlines()
    head = next(at for at, line in enumerate(shown) if line.startswith("steps back"))
    rows = [line for line in shown[head + 1 :] if re.match(r" *\d+ ", line)]
    assert rows and all(len(re.findall(r"\de[+-]\d\d", row)) == 4 for row in rows)


def test_colors_follow_the_values_of_the_unit(found):
    from elman.probe.report.terminal import colored

    values = found.shades(found.unit, 50)
    spans = colored(found, 50).spans
    assert len(spans) == 50
    for span, value in zip(spans, values, strict=True):
        red, _, blue = span.style.bgcolor.triplet
        assert (red > blue) == (round(value, 1) > 0) or abs(value) <= 0.05


def test_a_page_is_whole_contains_the_text_and_says_so(found, text):
    page = found.to_html()
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert "This page contains text that was read" in page
    assert "<script" not in page and "http" not in page and "src=" not in page
    first = re.sub(r"<[^>]*>", "", page.split("<pre>")[1].split("</pre>")[0])
    assert html.unescape(first) == text[:2000]
    assert "<svg" in page and "vanishes" in page


def test_a_notebook_shows_the_same_without_a_page_around_it(found):
    body = found._repr_html_()
    assert "<html" not in body and "<svg" in body and "<table>" in body


def test_json_has_the_figures_and_no_text(found, text):
    facts = json.loads(json.dumps(found.to_dict(), allow_nan=True))
    assert facts["findings"] and facts["flows"]["plain"]["cell"] == "rnn"
    assert text[:40] not in json.dumps(facts)


def test_a_short_text_is_shown_without_units(build, vocabulary, text):
    found = inspect(build(), vocabulary, text[:80])
    assert found.findings == () and str(found.unit) == "h.0.0"
    assert "too short to find units on: give 400 characters" in printed(found)


def test_a_short_text_is_colored_by_units_found_on_a_longer_one(build, vocabulary, text):
    found = inspect(build(), vocabulary, text[:80], study=text, source="the held-out text")
    assert found.findings and len(found.reading) == 80 and found.studied == len(text)


def test_a_unit_and_a_pattern_can_be_asked_for(build, vocabulary, text):
    found = inspect(
        build(), vocabulary, text, unit="h.1.3", patterns={"width": "width"}, language="python"
    )
    assert str(found.unit) == "h.1.3"
    assert "width" in [one.annotation for one in found.findings]
    with pytest.raises(ConfigError, match=r"^there is no 'q.1' here"):
        inspect(build(), vocabulary, text, unit="q.1.3")


def test_a_program_that_was_cut_is_read_from_a_clean_start():
    cut = 'end of a docstring."""\n        return 1\n\ndef next(x):\n    pass\n'
    assert clean_start(cut, "python").startswith("def next")
    assert clean_start(cut, "prose") == cut
