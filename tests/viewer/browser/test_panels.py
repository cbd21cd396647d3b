"""Cell, finder, unit, gates, gradients, path: each by what a person sees there."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from elman.viewer.readings import OWN

SLOW = 90_000  # ms for what measures


def test_equations_tell_the_value_under_the_pointer(visit, home):
    page = visit("/runs/good-lstm/cell?unit=c.0.4&at=50")
    symbol = page.locator("[data-name=f][data-when=t]").first
    expect(page.get_by_label("Character")).to_be_visible(timeout=SLOW)
    symbol.hover()
    value = home.readings.read(home.run("good-lstm"), OWN).value_at("c.0.4", 50)["f"]
    told = page.get_by_test_id("value-in-equation")
    expect(told).to_have_text(f"f = {value:.3f}, after this character")
    page.locator("[data-name=W_f]").first.hover()
    expect(told).to_have_text("W_f: learned, H × D")
    picture = page.get_by_role("img", name=re.compile("^One step of lstm"))
    assert picture.evaluate("image => image.naturalWidth") > 300
    page.get_by_label("How much of it").select_option("three steps, unrolled")
    expect(page.get_by_role("img", name=re.compile("^3 steps of lstm"))).to_be_visible()


def test_the_finder_ranks_units_for_annotations_and_own_patterns(visit):
    page = visit("/runs/good-lstm/finder")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="indentation")).to_be_visible(timeout=SLOW)
    expect(rows.filter(has_text="position in line")).to_contain_text("corr.")
    page.get_by_label("A pattern of your own").fill(r"\bself\b")
    page.get_by_role("button", name="Find").click()
    found = rows.filter(has_text=r"\bself\b")
    expect(found).to_be_visible(timeout=SLOW)
    assert "pattern=" in page.url
    found.get_by_role("link", name="in the text").click()
    expect(page.get_by_role("region", name=re.compile("^The text, colored by"))).to_be_visible()


def test_what_needs_memory_comes_first_as_in_the_terminal(visit):
    page = visit("/runs/good-lstm/finder")
    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible(timeout=SLOW)
    dim = [row.get_attribute("class") == "plain" or "plain" in (row.get_attribute("class") or "")
           for row in rows.all()]  # fmt: skip
    assert dim == sorted(dim)


def test_a_pattern_that_is_none_is_explained_and_asked_once(visit):
    page = visit("/runs/good-lstm/finder?pattern=x")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("pattern=x", "pattern=("))
    expect(page.get_by_role("alert")).to_contain_text("is no regular expression")
    page.wait_for_timeout(1000)
    assert sum("finder.json" in url for url in asked) == 1


def test_a_unit_has_a_page_with_all_about_it(visit):
    page = visit("/runs/good-lstm/units/h.0.5")
    expect(page.get_by_role("img", name=re.compile("^Histogram of unit h.0.5"))).to_be_visible()
    expect(page.get_by_role("heading", name="For", exact=True)).to_be_visible()
    highest = page.get_by_role("region", name="Where it is highest").get_by_role("listitem")
    assert highest.count() >= 3
    page.get_by_role("slider").first.fill("0.5")
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_test_id("written")).to_contain_text("As it is", timeout=SLOW)
    page.get_by_label("Annotation").select_option(index=1)
    expect(page.get_by_text("times as much")).to_be_visible(timeout=SLOW)
    page.keyboard.press("Escape")
    highest.first.get_by_role("link").click()
    assert re.search(r"/text\?.*unit=h\.0\.5&at=\d+", page.url)


def test_gates_are_points_of_which_each_tells_its_unit(visit):
    page = visit("/runs/good-lstm/gates")
    for gate in "ifo":
        plot = page.get_by_role("img", name=re.compile(f"^Saturation of gate {gate}.0"))
        expect(plot.locator("circle")).to_have_count(24)
    page.goto(page.url.replace("good-lstm", "good-rnn"))
    expect(page.get_by_text("This cell has no gates")).to_be_visible()


def test_two_cells_stand_side_by_side(visit):
    page = visit("/runs/good-lstm/gradients")
    flow = page.get_by_role("img", name=re.compile("^Gradient flow, good-lstm"))
    expect(flow).to_be_visible(timeout=SLOW)
    assert "c along its own path" in flow.get_attribute("aria-label")
    page.get_by_label("Side by side with").select_option("good-rnn")
    expect(page.get_by_role("img", name=re.compile("^Gradient flow, good-rnn"))).to_be_visible(
        timeout=SLOW
    )
    for name in ("good-lstm", "good-rnn"):
        for panel in ("Jacobian spectrum", "Lyapunov exponents"):
            chart = page.get_by_role("img", name=re.compile(f"^{panel}, {name}"))
            expect(chart).to_be_visible(timeout=SLOW)
    assert "with=good-rnn" in page.url
    # both have one scale: the same marks stand along the axes of both
    for panel in ("Gradient flow", "Jacobian spectrum", "Lyapunov exponents"):
        with_marks = [svg_of(page, f"{panel}, {name}") for name in ("good-lstm", "good-rnn")]
        marks = [re.findall(r'text-anchor="(?:end|middle)">([^<]*)<', svg) for svg in with_marks]
        assert marks[0] == marks[1] and len(marks[0]) >= 10, panel


def svg_of(page, title):
    """What the button SVG of a panel saves."""
    with page.expect_download() as saved:
        page.get_by_role("region", name=title).get_by_role("button", name="SVG").click()
    return saved.value.path().read_text(encoding="utf-8")


def test_the_path_of_a_state_tells_where_in_the_text_it_is(visit):
    page = visit("/runs/good-lstm/trajectory")
    path = page.get_by_role("img", name=re.compile("^Path of state c.0 over 300 characters"))
    expect(path).to_be_visible()
    path.locator("circle").nth(100).dispatch_event("pointerenter")
    expect(page.locator(".context b")).to_have_count(1)
    page.get_by_role("combobox", name="State").select_option("h.0")
    expect(page.get_by_role("img", name=re.compile("^Path of state h.0"))).to_be_visible()


def test_drawings_are_saved_without_the_page_around_them(visit, tmp_path):
    page = visit("/runs/good-lstm/gates")
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").first.click()
    saved.value.save_as(tmp_path / "gate.svg")
    text = (tmp_path / "gate.svg").read_text(encoding="utf-8")
    assert text.count("<circle") == 24 and "var(--" not in text
    page.goto(page.url.replace("/gates", ""))
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").first.click()
    saved.value.save_as(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_every_page_is_there_as_json(visit):
    runs = ("/", "/runs/good-lstm", "/runs/good-lstm/gates", "/runs/good-lstm/samples")
    for path in (*runs, "/searches/evolved", "/searches/evolved/cells/2"):
        page = visit(path)
        address = page.get_by_role("link", name="JSON").get_attribute("href")
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + address)
        assert json.loads(page.locator("pre").inner_text())
