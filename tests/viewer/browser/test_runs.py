"""The list of runs, curves, samples, a run being written, a failed one, an empty folder."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from elman import api
from elman.runs import Run, RunWriter
from elman.viewer import Home
from viewer_asking import TOKEN
from viewer_serving import served


def test_the_token_leaves_the_address(visit):
    page = visit("/")
    expect(page.get_by_role("heading", name="All runs")).to_be_visible()
    assert TOKEN not in page.url and TOKEN not in page.content()
    assert page.evaluate("document.cookie") == ""


def test_runs_are_compared_by_ticking_them(visit):
    page = visit("/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="good-lstm"))
    expect(row).to_contain_text("done")
    for name in ("writing", "good-rnn"):
        page.get_by_label(f"Compare {name}").uncheck()
    page.get_by_label("Compare group~failed").uncheck()
    page.get_by_label("Compare good-lstm").check()
    page.get_by_label("Compare good-rnn").check()
    assert "runs=good-lstm%2Cgood-rnn" in page.url
    chart = page.get_by_role("img", name=re.compile("Comparison: nats per character over step"))
    expect(chart).to_have_attribute("aria-label", re.compile(r"good-lstm \d.* good-rnn \d"))
    page.get_by_role("combobox", name="over").select_option("time")
    expect(page.get_by_role("img", name=re.compile("over seconds"))).to_be_visible()


def test_curves_have_the_figures_of_the_run(visit, folder):
    page = visit("/runs/good-lstm")
    rows = Run(folder / "good-lstm").metrics()
    last = [row["loss"] for row in rows if "loss" in row][-1]
    label = page.get_by_role("img", name=re.compile("^Loss")).get_attribute("aria-label")
    assert f"training {float(f'{last:.3g}'):g}" in label
    norm = page.get_by_role("img", name=re.compile("^Gradient norm"))
    expect(norm).to_have_attribute("aria-label", re.compile("clip 1$"))
    expect(page.get_by_role("img", name=re.compile("^Learning rate"))).to_be_visible()
    expect(page.get_by_text("embedding")).to_be_visible()


def test_the_slider_goes_through_the_samples(visit, folder):
    samples = Run(folder / "good-lstm").samples()
    page = visit("/runs/good-lstm/samples")
    text = page.get_by_label("The sample")
    expect(text).to_have_text(samples[-1]["text"], use_inner_text=True)
    slider = page.get_by_role("slider", name="Sample")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", f"step {samples[0]['step']}")
    assert text.text_content() == samples[0]["text"]
    assert page.url.endswith(f"step={samples[0]['step']}")
    page.keyboard.press("ArrowRight")
    assert text.text_content() == samples[1]["text"]


def test_a_run_that_is_being_written_moves_on_by_itself(visit, chromium, tmp_path):
    run = RunWriter.create(
        "text", "rnn", config={"training": {"clip": 1.0}}, equations="h' = tanh(W x + U h)",
        seed=0, folder=tmp_path / "live",
    )  # fmt: skip
    with served(Home(tmp_path, api.open_run)) as at:
        page = visit("/runs/live", at=at)
        expect(page.get_by_text("No figures yet")).to_be_visible()
        run.log(10, loss=2.5, norm=0.5, lr=0.1)
        run.log(20, loss=2.25, norm=0.5, lr=0.1)
        chart = page.get_by_role("img", name=re.compile("^Loss"))
        expect(chart).to_have_attribute("aria-label", re.compile("training 2.25"), timeout=8000)
        run.log(30, loss=2.125, norm=0.5, lr=0.1)
        expect(chart).to_have_attribute("aria-label", re.compile(r"training 2\.1"), timeout=8000)
        page.get_by_role("link", name="Text", exact=True).click()
        expect(page.get_by_text("Nothing to look into yet")).to_be_visible()
        run.finish("stopped")
        expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=10_000)


def test_a_failed_run_says_why(visit):
    page = visit("/runs/group~failed")
    told = page.get_by_role("alert", name="Why it failed")
    expect(told).to_contain_text("RunError: the disk is full")
    told.get_by_text("The whole story").click()
    expect(told).to_contain_text("Traceback (most recent call last)")


def test_an_empty_folder_says_how_to_fill_it(visit, tmp_path):
    with served(Home(tmp_path, api.open_run)) as at:
        page = visit("/", at=at)
        expect(page.get_by_text("There is no run in this folder yet")).to_be_visible()
        expect(page.get_by_text("elman train text")).to_be_visible()


def test_a_name_with_signs_of_html_stays_a_name(visit, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    RunWriter.create(
        "text", "<b>rnn", config={"data": {"data": "<script>alert(1)</script>"}},
        equations="h' = tanh(W x + U h)", seed=0, folder=tmp_path / name,
    )  # fmt: skip
    with served(Home(tmp_path, api.open_run)) as at:
        page = visit("/", at=at)
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        assert page.locator("img[src=x]").count() == 0
