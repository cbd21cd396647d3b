"""Translations, captions, clips, labels: each panel by what a person sees there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from elman import api
from elman.viewer import Home
from viewer_serving import served

SLOW = 90_000  # ms for a model's answer


@pytest.fixture
def look(visit, of_tasks, tasks_address):
    """`look(path)`: a page over the runs of the other tasks."""
    return lambda path, **how: visit(path, at=tasks_address, **how)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def test_a_sentence_is_translated_and_the_matrix_tells_where_was_looked(look, of_tasks):
    page = look("/runs/translation/translations")
    page.get_by_label("Sentences, one a line").fill("zwei eins.\ndrei.")
    page.keyboard.press("Control+Enter")
    found = page.get_by_role("region", name="Translated").get_by_role("button")
    opened = api.open_run(of_tasks / "translation")
    said = [one.text for one in opened.predict(["zwei eins.", "drei."])]
    expect(found).to_have_count(2, timeout=SLOW)
    for row, one in zip(found.all(), said, strict=True):
        expect(row).to_contain_text(one)
    assert "sentences=zwei+eins.%0Adrei." in page.url
    weights = opened.skill.looked("zwei eins.", said[0])
    group = page.get_by_role("group", name=re.compile("^Attention")).first
    told = group.get_by_test_id("weight")
    group.locator("rect").nth(len(weights.read) + 1).hover()
    expect(told).to_contain_text(f"{weights.said[1].strip()} looked at {weights.read[1].strip()}")
    expect(told).to_contain_text(f"{weights.weights[1, 1]:.2f}")
    page.mouse.move(0, 0)
    group.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text(f"{weights.weights[0, 1]:.2f}")


def test_ten_held_out_sentences_have_what_was_said_and_what_is_right(look, of_tasks):
    page = look("/runs/translation/translations?seed=3")
    examples = api.evaluate(of_tasks / "translation", seed=3)["examples"]
    rows = page.get_by_role("region", name="Held-out sentences").get_by_role("button")
    expect(rows).to_have_count(len(examples), timeout=SLOW)
    for row, one in zip(rows.all(), examples, strict=True):
        expect(row).to_contain_text(one["input"])
        expect(row).to_contain_text(
            "As in the data" if one["said"] == one["right"] else one["right"]
        )
    rows.nth(2).click()
    expect(rows.nth(2)).to_have_attribute("aria-pressed", "true")
    assert "look=2" in page.url
    page.get_by_role("button", name="Draw others").click()
    assert "seed=4" in page.url
    expect(page.get_by_label("Seed")).to_have_value("4")
    page.get_by_label("Beam").fill("2")
    page.get_by_label("Beam").press("Enter")
    assert "beam=2" in page.url
    expect(rows.first).to_be_visible(timeout=SLOW)


def test_a_word_of_a_caption_shows_where_was_looked_for_it(look, of_tasks):
    page = look("/runs/captions/captions")
    cards = page.get_by_role("article")
    examples = api.evaluate(of_tasks / "captions", seed=0)["examples"]
    expect(cards).to_have_count(len(examples), timeout=SLOW)
    card = cards.first
    expect(card.get_by_role("list", name="What people say")).to_contain_text(examples[0]["right"])
    expect(card.get_by_role("heading")).to_contain_text(examples[0]["said"])
    picture = card.get_by_role("img", name=re.compile("^Held out: "))
    page.wait_for_function("document.querySelector('article img')?.naturalWidth === 336")
    words = card.get_by_role("button")
    expect(card.get_by_test_id("looked")).to_have_count(0)
    words.nth(1).hover()
    expect(card.get_by_test_id("looked").locator("rect")).to_have_count(49)
    expect(card).to_contain_text(re.compile(r"most at row \d, column \d,\s+0\.\d\d"))
    page.mouse.move(0, 0)
    expect(card.get_by_test_id("looked")).to_have_count(0)
    words.first.focus()  # by keyboard, too
    expect(card.get_by_test_id("looked")).to_have_count(1)
    assert picture.get_attribute("src").endswith(".png")


def test_a_model_without_attention_says_why_there_is_none(look):
    page = look("/runs/captions-state/captions")
    expect(page.get_by_text("there is no place where it looked")).to_be_visible(timeout=SLOW)
    assert page.get_by_role("article").first.get_by_role("button").count() == 0


def test_clips_show_their_frames_and_the_label_as_it_develops(look, of_tasks):
    page = look("/runs/clips/clips")
    opened = api.open_run(of_tasks / "clips")
    clip = opened.data.validation[0]
    (said,) = opened.skill.label(opened.skill.looked(opened.data)[1][:1])
    name = "/".join(clip.name.split("/")[-2:])
    sheet = page.get_by_role("region", name=name, exact=True)
    sure = said.facts["probabilities"][-1]
    told = f"Said “{said.facts['label']}”, {percent(sure)}; "
    expect(sheet).to_contain_text(told, timeout=SLOW)
    expect(sheet).to_contain_text(
        "so do the data" if said.facts["label"] == clip.label else f"the data say “{clip.label}”"
    )
    chart = sheet.get_by_role("img", name=re.compile("probability over frame"))
    expect(chart).to_have_attribute("aria-label", re.compile(f"{clip.label} ✓ "))
    strip = sheet.get_by_role("img", name=re.compile("^The frames of"))
    page.wait_for_function("document.querySelector('img').naturalWidth > 112")
    wide = strip.evaluate("image => image.naturalWidth")
    assert wide == 112 * len(said.facts["labels"])
    # frames stand exactly above their places on the axis
    plot = chart.locator(".u-over")
    assert strip.bounding_box()["x"] == pytest.approx(plot.bounding_box()["x"], abs=1.5)
    assert strip.bounding_box()["width"] == pytest.approx(plot.bounding_box()["width"], abs=3)


def test_steps_have_their_labels_and_what_else_the_data_say(look, of_tasks):
    page = look("/runs/labels-step/labels")
    opened = api.open_run(of_tasks / "labels-step")
    examples = api.evaluate(of_tasks / "labels-step", seed=0)["examples"]
    first = examples[0]
    sheets = page.get_by_role("region", name=re.compile("tags.csv, line"))
    expect(sheets).to_have_count(len(examples), timeout=SLOW)
    steps = sheets.first.get_by_role("listitem")
    said, right = first["said"].split(), first["right"].split()
    expect(steps).to_have_count(len(said))
    for step, one, other in zip(steps.all(), said, right, strict=True):
        expect(step).to_contain_text(one)
        assert (f"≠ {other}" in step.inner_text().replace("\n", " ")) == (one != other)
    hits = sum(one == other for one, other in zip(said, right, strict=True))
    expect(sheets.first).to_contain_text(f"{hits} of {len(said)} steps are as in the data")
    for label in opened.vocabulary.labels:
        expect(page.locator(".keys")).to_contain_text(label)


def test_the_label_of_a_sequence_is_followed_letter_by_letter(look, of_tasks):
    page = look("/runs/labels-sequence/labels", dark=True)
    opened = api.open_run(of_tasks / "labels-sequence")
    example = opened.data.validation[0]
    sheet = page.get_by_role("region", name=re.compile(f"line {example.name.split()[-1]}$"))
    expect(sheet.locator(".letters")).to_have_text("".join(example.steps), timeout=SLOW)
    chart = sheet.get_by_role("img", name=re.compile("probability over step"))
    expect(chart).to_have_attribute("aria-label", re.compile(f"{example.labels[0]} ✓ "))


def test_numbers_are_curves_above_the_probabilities(look):
    page = look("/runs/labels-numbers/labels")
    sheet = page.get_by_role("region", name=re.compile("curves.ts, line")).first
    numbers = sheet.get_by_role("img", name=re.compile(", numbers: numbers over step"))
    expect(numbers).to_have_attribute("aria-label", re.compile("number 2"), timeout=SLOW)
    expect(sheet.get_by_role("img", name=re.compile("probability over step"))).to_be_visible()


def test_runs_of_other_tasks_have_their_own_pages_and_no_others(look):
    page = look("/runs/clips")
    tabs = page.get_by_role("navigation", name="Panels").get_by_role("link")
    expect(tabs).to_have_text(["Training", "Clips", "Samples", "Cell"])
    expect(page.get_by_role("img", name=re.compile("^Loss: nats per clip"))).to_be_visible()
    expect(page.get_by_text("nats per clip", exact=True)).to_be_visible()
    tabs.nth(3).click()
    expect(page.get_by_role("img", name=re.compile("^One step of"))).to_be_visible()
    tabs.nth(2).click()
    expect(page.get_by_label("The sample")).to_contain_text("after frame")
    for panel in ("text", "finder", "units/h.0.1", "gates", "gradients", "trajectory", "captions"):
        page.goto(page.url.split("/runs/")[0] + f"/runs/clips/{panel}")
        expect(page.get_by_text("This page is for runs of another task")).to_be_visible()
    page.goto(page.url.split("/runs/")[0] + "/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="labels-step"))
    expect(row).to_contain_text("tags.csv")


def test_data_that_is_gone_is_said_once_in_words(visit, of_tasks, tasks):
    (tasks / "data" / "tags.csv").rename(tasks / "data" / "away")
    try:
        with served(Home(of_tasks, api.open_run)) as at:
            page = visit("/runs/labels-step/labels", at=at)
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            told = page.get_by_role("alert")
            expect(told).to_contain_text("what was held out cannot be shown", timeout=SLOW)
            expect(told).to_contain_text("tags.csv")
            page.wait_for_timeout(1500)
            assert sum("labels.json" in url for url in asked) <= 1
    finally:
        (tasks / "data" / "away").rename(tasks / "data" / "tags.csv")
