"""A search and its cells: over, being written, empty, and as large as a night's."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from elman import api
from elman.search.read import best_cells
from elman.viewer import Home
from searches import TURNS, begun, kept, many, put
from viewer_frames import TRIES, frame_times
from viewer_serving import served

NIGHT = 10_000
SLOW = 90_000  # ms for what reads all of them


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Where a search of 10,000 turns is shown, and those turns."""
    place = tmp_path_factory.mktemp("night")
    turns = many(NIGHT)
    kept(place / "night", turns)
    with served(Home(place, api.open_run)) as at:
        yield at, turns


def plot(page, name):
    return page.get_by_role("application", name=re.compile(f"^{name}"))


def row_of(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_searches_stand_beside_the_runs(visit):
    page = visit("/")
    row = row_of(page, "evolved")
    expect(row).to_contain_text("done")
    expect(row).to_contain_text("1.100")
    expect(row.get_by_role("link", name="cell 2")).to_be_visible()
    expect(page.get_by_role("region", name="All runs")).not_to_contain_text("evolved")
    row.get_by_role("link", name="evolved").click()
    expect(page.get_by_role("heading", name="evolved")).to_be_visible()
    assert page.url.endswith("/searches/evolved")
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("heading", name="All runs")).to_be_visible()


def test_the_folder_of_a_search_leads_to_its_page(visit):
    page = visit("/runs/evolved")
    expect(plot(page, "Score over candidates")).to_be_visible()
    assert page.url.endswith("/searches/evolved")


def test_evolution_stands_against_the_control(visit):
    page = visit("/searches/evolved")
    label = "Score over candidates: best of evolution 1.100, best of control 0.500; 3 points"
    expect(plot(page, "Score over candidates")).to_have_attribute("aria-label", re.compile(label))
    page.get_by_role("combobox", name="over").select_option("minutes")
    expect(plot(page, "Score over minutes")).to_be_visible()
    page.get_by_role("combobox", name="Show").select_option("the memorization test")
    expect(plot(page, "Memorization over minutes")).to_be_visible()
    assert "over=minutes" in page.url and "of=memorization" in page.url
    page.reload()
    expect(plot(page, "Memorization against seconds")).to_be_visible()


def test_outcomes_are_told_in_words_and_figures(visit):
    page = visit("/searches/evolved")
    expect(page.get_by_test_id("pass-rate")).to_contain_text(
        "100.0 % passed the memorization test: 3 of 3 candidates reached 95 %."
    )
    outcomes = page.get_by_role("region", name="Outcomes")
    cells = outcomes.get_by_role("row").filter(has_text="Best score").get_by_role("cell")
    assert cells.all_inner_texts() == ["Best score", "1.100", "0.500"]
    waiting = outcomes.get_by_role("row").filter(has_text="Under way").get_by_role("cell")
    assert waiting.all_inner_texts() == ["Under way", "1", "0"]
    expect(page.get_by_test_id("verdict")).to_contain_text("Too few winners were trained anew")


def ranked(page):
    """The cells of the table as they stand there, and the scores."""
    rows = page.get_by_role("region", name="Best cells").get_by_role("row").all()[1:]
    texts = [row.get_by_role("cell").all_inner_texts() for row in rows]
    return [(cells[0], float(cells[2])) for cells in texts]


def test_the_table_is_sorted_by_any_column_and_by_keys(visit):
    page = visit("/searches/evolved")
    names = {0: "gru_before", 1: "lstm"}
    expect(page.get_by_role("heading", name="Best cells")).to_be_visible()
    wanted = [(names.get(cell, f"cell {cell}"), score) for cell, score in best_cells(TURNS)]
    assert ranked(page) == [(name, pytest.approx(score, abs=5e-4)) for name, score in wanted]
    header = page.get_by_role("columnheader", name="Score")
    expect(header).to_have_attribute("aria-sort", "descending")
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    scores = [score for _, score in ranked(page)]
    assert scores == sorted(scores) and "sort=score" in page.url
    page.get_by_role("columnheader", name="xml").get_by_role("button").click()
    assert ranked(page)[0][0] == "cell 3"  # 0.6, the best in that task
    page.reload()
    expect(page.get_by_role("columnheader", name="xml")).to_have_attribute(
        "aria-sort", "descending"
    )


def test_a_point_is_named_by_keys_and_opened(visit):
    page = visit("/searches/evolved")
    points = plot(page, "Score over candidates")
    points.focus()
    told = points.get_by_test_id("pointed")
    page.keyboard.press("ArrowRight")
    expect(told).to_have_text(re.compile(r"^cell 2 \(evolution, mutation\): score 1\.100,"))
    page.keyboard.press("ArrowRight")
    expect(told).to_have_text(re.compile(r"^cell 3 \(control, walk\): score 0\.500,"))
    page.keyboard.press("Escape")
    expect(told).to_have_text("")
    page.keyboard.press("ArrowUp")
    expect(told).to_contain_text("cell 6")  # the lowest
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cell 6", exact=True)).to_be_visible()
    assert page.url.endswith("/searches/evolved/cells/6")
    page.go_back()
    expect(points).to_be_visible()


def place_of(points):
    """Where on the page the point is that is named: its mark is painted by the canvas."""
    return points.get_by_test_id("pointed").evaluate(
        """tip => {
          const box = tip.parentElement.getBoundingClientRect();
          return [box.left + parseFloat(tip.style.left), box.top + Number(tip.dataset.y)];
        }"""
    )


def test_a_point_is_named_under_the_pointer_and_opened_by_a_click(visit):
    page = visit("/searches/evolved")
    points = plot(page, "Score against seconds")
    points.scroll_into_view_if_needed()
    points.focus()
    page.keyboard.press("ArrowRight")
    told = points.get_by_test_id("pointed")
    name = told.inner_text()
    where = place_of(points)
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    expect(told).to_have_text("")
    page.mouse.move(*where)
    expect(told).to_have_text(name)
    page.mouse.click(*where)
    number = re.match(r"cell (\d+)", name)[1]
    expect(page.get_by_role("heading", name=f"Cell {number}", exact=True)).to_be_visible()


def test_a_cell_is_shown_beside_the_seeds_with_what_it_reached(visit, folder):
    page = visit("/searches/evolved/cells/2")
    expect(page.get_by_role("heading", name="Cell 2", exact=True)).to_be_visible()
    equations = page.get_by_role("region", name="Equations")
    equations.locator("[data-name=W]").first.hover()
    expect(page.get_by_test_id("symbol")).to_have_text("W: learned, H × D")
    expect(equations.locator(".katex-error")).to_have_count(0)
    for name in ("cell 2", "gru_before", "lstm"):
        picture = page.get_by_role("img", name=re.compile(f"^One step of {name}:"))
        expect(picture).to_be_visible()
        page.wait_for_function("image => image.naturalWidth > 100", arg=picture.element_handle())
    page.get_by_label("How much of it").select_option("three steps, unrolled")
    expect(page.get_by_role("img", name=re.compile("^3 steps of lstm:"))).to_be_visible()
    chart = page.get_by_role("img", name=re.compile("^Accuracies of cell 2"))
    expect(chart).to_have_attribute("aria-label", re.compile("xml 55.0 %, bar 50.0 %; text 50.0 %"))
    expect(page.get_by_role("region", name="Stages and settings")).to_contain_text("1.50")
    commands = page.get_by_label("Commands")
    expect(commands).to_contain_text(f"elman cell {folder.resolve()}/evolved:2 > mine.eq")
    expect(commands).to_contain_text("elman train text shakespeare --cell mine.eq")


def test_a_family_goes_back_to_the_seeds_with_each_mutation(visit):
    page = visit("/searches/evolved/cells/6")
    family = page.get_by_role("region", name="Family")
    rows = family.locator("ol > li")
    expect(rows).to_have_count(4)
    for row, name in zip(rows.all(), ("cell 6", "cell 4", "cell 2", "gru_before"), strict=True):
        expect(row).to_contain_text(name)
    drawn = [row.locator("svg path").count() for row in rows.all()]
    assert drawn == [1, 3, 3, 1]  # cell 4 has two parents, of which one is the other's, too
    first = rows.first
    assert (first.locator("del").inner_text(), first.locator("ins").inner_text()) == ("a", "b")
    first.get_by_text("Equations before and after").click()
    expect(first.get_by_label("Before")).to_have_text(TURNS[4].text.strip())
    expect(first.get_by_label("After")).to_have_text(TURNS[6].text.strip())
    expect(rows.nth(1)).to_contain_text("from cell 2 and gru_before")
    rows.nth(1).get_by_role("link", name="cell 4").click()
    expect(page.get_by_role("heading", name="Cell 4", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Accuracies")).to_contain_text("It is under way.")
    children = page.get_by_role("region", name="Children")
    children.get_by_role("link", name="cell 6").click()
    expect(page.get_by_role("heading", name="Cell 6", exact=True)).to_be_visible()


def test_what_is_not_there_is_said(visit):
    page = visit("/searches/none")
    expect(page.get_by_role("alert")).to_contain_text("there is no run none here")
    page.goto(page.url.replace("none", "good-lstm"))
    expect(page.get_by_role("alert")).to_contain_text("good-lstm is not a search")
    page.goto(page.url.replace("good-lstm", "evolved/cells/99"))
    expect(page.get_by_role("alert")).to_contain_text("there is no cell 99 in this search")
    page.get_by_role("link", name="The search").click()
    expect(page.get_by_role("heading", name="Best cells")).to_be_visible()


def test_a_search_that_is_being_written_moves_on_by_itself(visit, tmp_path):
    writer, journal = begun(tmp_path / "live")
    with served(Home(tmp_path, api.open_run)) as at:
        home = visit("/", at=at)
        expect(row_of(home, "live")).to_contain_text("running")
        page = visit("/searches/live", at=at)
        expect(page.get_by_text("No cell has been tried yet")).to_be_visible()
        put(journal, TURNS[:2])
        expect(row_of(page, "gru_before")).to_contain_text("1.000", timeout=10_000)
        expect(plot(page, "Memorization over candidates")).to_be_visible()
        put(journal, TURNS[2:5])
        points = plot(page, "Score over candidates: best of evolution 1.100, best of control 0.500")
        expect(points).to_be_visible(timeout=10_000)
        expect(row_of(page, "cell 2")).to_be_visible()
        expect(row_of(home, "live")).to_contain_text("1.100", timeout=10_000)
        put(journal, TURNS[5:])
        expect(row_of(page, "cell 6")).to_be_visible(timeout=10_000)
        journal.close()
        writer.finish("stopped")
        expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=10_000)


def test_a_search_that_ended_before_its_first_turn_says_so(visit, tmp_path):
    kept(tmp_path / "nothing", [])
    with served(Home(tmp_path, api.open_run)) as at:
        page = visit("/searches/nothing", at=at)
        expect(page.get_by_text("This search ended before its first turn.")).to_be_visible()
        page.goto(f"{at}/")
        expect(row_of(page, "nothing")).to_contain_text("0")
        expect(page.get_by_text("There is no run in this folder yet")).to_have_count(0)


def test_pictures_of_points_can_be_taken_along(visit, tmp_path):
    page = visit("/searches/evolved")
    sheet = page.get_by_role("region", name="Score over candidates")
    with page.expect_download() as saved:
        sheet.get_by_role("button", name="SVG").click()
    saved.value.save_as(tmp_path / "score.svg")
    text = (tmp_path / "score.svg").read_text(encoding="utf-8")
    assert text.count("<circle") == 3 and text.count("<polyline") == 2
    with page.expect_download() as saved:
        sheet.get_by_role("button", name="PNG").click()
    saved.value.save_as(tmp_path / "score.png")
    assert (tmp_path / "score.png").read_bytes().startswith(b"\x89PNG")
    page.goto(page.url.replace("evolved", "evolved/cells/2"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="mine.eq").click()
    saved.value.save_as(tmp_path / "mine.eq")
    assert (tmp_path / "mine.eq").read_text(encoding="utf-8") == TURNS[2].text


CANVAS = "document.querySelector('[role=application] canvas')"
MOVE = f"""
  const box = {CANVAS}.getBoundingClientRect();
  {CANVAS}.dispatchEvent(new PointerEvent('pointermove', {{
    bubbles: true, clientX: box.left + 80 + 15 * k, clientY: box.top + 60 + 3 * k,
  }}));"""
KEYS = """
  document.querySelector('[role=application]').dispatchEvent(
    new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));"""
RESIZE = """
  const sheet = document.querySelector('[role=application]').closest('section');
  sheet.style.maxWidth = `${1200 - 4 * k}px`;"""


def spent(session):
    """What the page has had of the processor so far, in ms, whoever else is at work."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(one["value"] for one in metrics if one["name"] == "ThreadTime")


@pytest.mark.alone
@pytest.mark.parametrize("act", [MOVE, KEYS, RESIZE], ids=["pointing", "keys", "drawing anew"])
def test_a_frame_takes_less_than_50_ms_with_ten_thousand_points(visit, night, act):
    at, _ = night
    page = visit("/searches/night", at=at)
    expect(plot(page, f"Score over candidates.*{NIGHT - 2:,} points")).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(500)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    since = spent(session)
    times = frame_times(page, act)
    busy = (spent(session) - since) / (len(times) * (1 + TRIES) / TRIES)  # the warm one, too
    print(f"median {np.median(times):.1f} ms, of the processor {busy:.1f} ms")
    assert np.median(times) < 50
    assert 0 < busy < 50


def test_ten_thousand_candidates_are_found_one_by_one(visit, night):
    at, turns = night
    page = visit("/searches/night", at=at)
    best, score = best_cells(turns)[0]
    expect(row_of(page, f"cell {best}")).to_contain_text(f"{score:.3f}", timeout=SLOW)
    expect(page.get_by_role("region", name="Best cells").get_by_role("row")).to_have_count(21)
    page.get_by_role("button", name="All 100").click()
    expect(page.get_by_role("region", name="Best cells").get_by_role("row")).to_have_count(101)
    scores = [score for _, score in ranked(page)]
    assert all(left >= right for left, right in pairwise(scores))
    row_of(page, f"cell {best}").get_by_role("link").click()
    expect(page.get_by_role("heading", name=f"Cell {best}", exact=True)).to_be_visible()
    rows = page.get_by_role("region", name="Family").locator("ol > li")
    expect(rows).to_have_count(10)
    page.get_by_role("button", name=re.compile(r"^All \d+ ancestors")).click()
    expect(rows.last).to_contain_text("gru_before")
