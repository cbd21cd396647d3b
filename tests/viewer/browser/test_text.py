"""The text on the colors of a unit: hover, keys, pasting, selecting, and how fast it is."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from elman import api
from elman.probe import read
from elman.viewer.readings import OWN, OWN_LENGTH
from elman.viewer.routes import texts
from viewer_frames import frame_times

AT = (12 * 8 + 4, 4 * 20 + 10)  # a point of the canvas: column 12 of the fifth row


@pytest.fixture(scope="module")
def reading(folder):
    opened = api.open_run(folder / "good-lstm")
    return read(opened.model, opened.vocabulary, opened.text.validation[:OWN_LENGTH])


def canvas(page):
    return page.get_by_role("region", name=re.compile("^The text, colored by unit")).locator(
        "canvas"
    )


def test_under_the_pointer_are_value_gates_and_five_guesses(visit, reading):
    page = visit("/runs/good-lstm/text?unit=c.0.3")
    lines = reading.text.split("\n")
    row = next(k for k in range(40) if len(lines[k]) > 12 and k < 25)
    index = sum(len(line) + 1 for line in lines[:row]) + 12
    canvas(page).hover(position={"x": 12 * 8 + 4, "y": row * 20 + 10})
    value = float(reading.unit("c.0.3")[index])
    expect(page.get_by_test_id("value")).to_have_text(f"{value:.3f}".replace("-", "−"))
    for name, number in reading.value_at("c.0.3", index).items():
        told = page.get_by_role("listitem").filter(has_text=re.compile(f"^{name}"))
        expect(told.first).to_contain_text(f"{abs(number):.3f}")
    guesses = page.get_by_test_id("guesses").get_by_role("listitem")
    expect(guesses).to_have_count(5)
    expect(guesses.first).to_contain_text(f"{100 * reading.expected(index)[0][1]:.1f} %")


def test_arrow_keys_go_to_the_next_unit(visit):
    page = visit("/runs/good-lstm/text?unit=c.0.3")
    heading = page.get_by_role("heading", level=2)
    expect(heading.filter(has_text="c.0.3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(heading.filter(has_text="c.0.4")).to_be_visible()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(heading.filter(has_text="c.0.23")).to_be_visible()
    assert "unit=c.0.23" in page.url
    page.get_by_label("State or gate").select_option("i.0")
    expect(page.get_by_role("img", name="Colors from 0 to 1")).to_be_visible()


def test_every_unit_has_other_colors(visit):
    page = visit("/runs/good-lstm/text?unit=c.0.3")
    expect(canvas(page)).to_be_visible()
    seen = set()
    for _ in range(3):
        page.wait_for_timeout(150)
        seen.add(canvas(page).screenshot())
        page.keyboard.press("ArrowRight")
    assert len(seen) == 3


def test_the_address_holds_the_place(visit, reading):
    page = visit("/runs/good-lstm/text?unit=h.0.5&at=2500")
    value = float(reading.unit("h.0.5")[2500])
    expect(page.get_by_test_id("value")).to_have_text(f"{value:.3f}".replace("-", "−"))
    scrolled = "document.querySelector('[role=region][aria-label^=The]').scrollTop"
    page.wait_for_function(f"{scrolled} > 200")
    page.keyboard.press(".")
    assert "at=2501" in page.url


def test_a_pasted_text_is_read(visit):
    page = visit("/runs/good-lstm/text?unit=h.0.1")
    page.get_by_role("button", name="Paste a text").click()
    page.get_by_label("The text", exact=True).fill("def take(self):\n    return self\n" * 30)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("Pasted text, 960 characters")).to_be_visible()
    assert re.search(r"text=[0-9a-f]{16}", page.url)
    page.reload()
    expect(page.get_by_text("Pasted text, 960 characters")).to_be_visible()


def test_a_text_in_another_alphabet_is_refused_in_words(visit):
    page = visit("/runs/good-lstm/text")
    page.get_by_role("button", name="Paste a text").click()
    page.get_by_label("The text", exact=True).fill("Привет")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("alert")).to_contain_text("П")


def test_a_selected_stretch_finds_units_and_other_places(visit):
    page = visit("/runs/good-lstm/text?unit=h.0.1")
    box = canvas(page).bounding_box()
    # over several lines, for any one of them may be empty
    page.mouse.move(box["x"] + 4, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=3)
    page.mouse.up()
    places = page.get_by_test_id("places").get_by_role("button")
    expect(places.first).to_be_visible()
    assert re.search(r"select=\d+-\d+", page.url)
    unit = page.get_by_role("button", name=re.compile(r"^[hc]\.0\.\d+ [↑↓] 0\.\d\d|1\.00")).first
    name = unit.inner_text().split()[0]
    unit.click()
    assert f"unit={name}" in page.url
    places.first.click()
    assert re.search(r"at=\d+", page.url)
    page.get_by_role("button", name="Clear").click()
    expect(places).to_have_count(0)


def test_what_is_shown_can_be_taken_along(visit, tmp_path):
    page = visit("/runs/good-lstm/text?unit=c.0.3")
    expect(canvas(page)).to_be_visible()
    page.wait_for_timeout(300)
    with page.expect_download() as saved:
        page.get_by_role("button", name="HTML").click()
    saved.value.save_as(tmp_path / "text.html")
    text = (tmp_path / "text.html").read_text(encoding="utf-8")
    assert "This file contains the whole text" in text
    assert "src=" not in text and "href=" not in text
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").click()
    saved.value.save_as(tmp_path / "text.png")
    assert (tmp_path / "text.png").read_bytes().startswith(b"\x89PNG")


def test_all_units_are_rows_and_a_click_chooses_one(visit, home, folder):
    page = visit("/runs/good-lstm/text?unit=c.0.3")
    page.get_by_role("button", name="All units").click()
    assert "view=matrix" in page.url
    matrix = page.get_by_role("region", name="Units of c.0 over the text").locator("canvas")
    expect(matrix).to_be_visible()
    point = {"x": 40 + 8 * 12 + 4, "y": 22 + 8 * 5 + 4}  # unit 5 after character 12
    reading = home.readings.read(home.run("good-lstm"), OWN)
    value = f"{float(reading.unit('c.0.5')[12]):.3f}".replace("-", "−")
    page.wait_for_timeout(500)
    matrix.hover(position=point)
    expect(page.get_by_test_id("cell")).to_contain_text(f"(character 12): {value}")
    expect(page.get_by_test_id("cell")).to_contain_text("c.0.5")
    matrix.click(position=point)
    assert "unit=c.0.5" in page.url and "at=12" in page.url
    expect(page.get_by_role("heading", level=2).filter(has_text="c.0.5")).to_be_visible()
    # the color of a cell is that of its value on the scale of the legend
    usual = texts.usual(reading.track("c.0"))
    row = 255 * (float(reading.unit("c.0.8")[3]) + usual) / (2 * usual)
    legend = page.get_by_role("img", name=re.compile("^Colors from")).locator("canvas")
    wanted = legend.evaluate(PIXEL, [round(min(255, max(0, row))), 0])
    assert matrix.evaluate(PIXEL, [40 + 8 * 3 + 4, 22 + 8 * 8 + 4]) == pytest.approx(wanted, abs=3)
    page.keyboard.press("ArrowRight")
    assert "unit=c.0.6" in page.url
    page.get_by_role("button", name="Narrower").click()
    matrix.hover(position={"x": 40 + 4 * 12 + 2, "y": 22 + 8 * 5 + 4})
    expect(page.get_by_test_id("cell")).to_contain_text("(character 12)")
    page.get_by_role("button", name="One unit").click()
    expect(canvas(page)).to_be_visible()


PIXEL = "(c, [x, y]) => [...c.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3)"


SCROLL = "document.querySelector('[role=region][aria-label^=The]').scrollTop = k * 700"
SWITCH = "dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))"


@pytest.mark.alone
@pytest.mark.parametrize("act", [SCROLL, SWITCH], ids=["scrolling", "switching units"])
def test_a_frame_takes_less_than_50_ms_on_a_long_text(visit, act):
    page = visit("/runs/good-rnn/text?text=long&unit=h.0.500")
    expect(page.get_by_text("Pasted text, 100,000 characters")).to_be_visible()
    page.wait_for_timeout(500)
    times = frame_times(page, act)
    print(f"median {np.median(times):.1f} ms, 95 % {np.percentile(times, 95):.1f} ms")
    assert np.median(times) < 50
    assert np.percentile(times, 90) < 50


DOWN = "document.querySelector('[role=region][aria-label^=Units]').scrollTop = k * 130"
ALONG = "document.querySelector('[role=region][aria-label^=Units]').scrollLeft = k * 9000"


@pytest.mark.alone
@pytest.mark.parametrize("act", [DOWN, ALONG, SWITCH], ids=["down", "along", "switching units"])
@pytest.mark.parametrize("narrower", [0, 3])
def test_a_frame_takes_less_than_50_ms_on_a_matrix_of_many_units(visit, act, narrower):
    page = visit("/runs/good-rnn/text?text=long&view=matrix&unit=h.0.5")
    matrix = page.get_by_role("region", name="Units of h.0 over the text")
    expect(matrix).to_be_visible()
    for _ in range(narrower):
        page.get_by_role("button", name="Narrower").click()
    page.wait_for_timeout(500)
    times = frame_times(page, act)
    print(f"median {np.median(times):.1f} ms, 95 % {np.percentile(times, 95):.1f} ms")
    assert np.median(times) < 50
    assert np.percentile(times, 90) < 50
