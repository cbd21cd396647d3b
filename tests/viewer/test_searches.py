"""What the viewer answers about a search, beside what its journal holds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from elman import api, cells
from elman.equations import Cell
from elman.search.read import Fresh, SearchRun, best_cells, worst_ratio
from elman.search.report import summary
from elman.viewer import Home, make_app
from elman.viewer.answer import plain
from elman.viewer.missing import NotHere
from elman.viewer.routes import ROUTES, candidates, searches
from elman.viewer.searches import KEPT, Remembered, Searches, standings
from searches import TURNS, begun, born, kept, many, put
from viewer_asking import HOST, TOKEN, ask


@pytest.fixture
def live(tmp_path):
    """A search that is being written: its folder, its journal, and asking about it."""
    writer, journal = begun(tmp_path / "live")
    home = Home(tmp_path, api.open_run)
    app = make_app(home, TOKEN, [HOST])
    yield writer, journal, lambda address: ask(app, address)
    journal.close()


def columns(asked, search, query=""):
    """The columns of turns.bin by their names."""
    facts = asked(f"/searches/{search}.json").json()
    raw = asked(f"/searches/{search}/turns.bin{query}").body
    numbers = np.frombuffer(raw, "<f4").reshape(len(facts["columns"]), -1)
    return facts, dict(zip(facts["columns"], numbers, strict=True))


def test_the_table_has_the_routes_of_every_file():
    for file in (searches, candidates):
        assert set(file.ROUTES) <= set(ROUTES)


def test_searches_stand_beside_the_runs_and_not_among_them(asked, folder):
    found = asked("/runs.json").json()
    assert "evolved" not in {row["name"] for row in found["runs"]}
    (row,) = found["searches"]
    number, (cell, score) = SearchRun(folder / "evolved").standing()
    assert (row["name"], row["status"]) == ("evolved", "done")
    assert (row["candidates"], row["best"], row["score"]) == (number, cell, score)
    assert found["searches_count"] == 1


def test_a_search_says_what_its_report_says(asked, folder):
    found = asked("/searches/evolved.json").json()
    report = json.loads(json.dumps(plain(summary(SearchRun(folder / "evolved")))))
    for name in ("candidates", "passed_memorization", "evolution", "control", "bars", "verdict",
                 "stages", "fresh"):  # fmt: skip
        assert found[name] == report[name], name
    assert (found["turns"], found["waiting"]) == (len(TURNS), 1)
    assert found["outcomes"] == {"evolution": {"done": 2, "waiting": 1}, "control": {"done": 1}}
    assert [one["name"] for one in found["seeds"]] == ["gru_before", "lstm"]


def test_the_table_ranks_as_the_search_does(asked):
    rows = asked("/searches/evolved.json").json()["table"]
    assert [(row["cell"], row["score"]) for row in rows] == best_cells(TURNS)
    again = {row["cell"]: row for row in rows}[1]
    assert again["accuracies"] == {"xml": 0.45, "text": 0.44}  # the best of both its turns
    bars = TURNS[0].accuracies
    for row in rows:
        assert row["score"] == pytest.approx(worst_ratio(row["accuracies"], bars))


def test_every_turn_is_a_row_of_numbers(asked):
    facts, found = columns(asked, "evolved")
    assert list(found["turn"]) == [one.turn for one in TURNS]
    assert list(found["cell"]) == [one.cell for one in TURNS]
    for name in ("arm", "kind"):
        told = [facts["codes"][name][int(code)] for code in found[name]]
        assert told == [getattr(one, name) for one in TURNS]
    assert np.isnan(found["outcome"][4]) and np.isnan(found["finished"][4])
    assert facts["codes"]["outcome"][int(found["outcome"][2])] == "done"
    np.testing.assert_allclose(found["seconds"][[0, 2, 4]], [1.5, 1.5, 0.0])
    last = {int(cell): score for cell, score in zip(found["cell"], found["score"], strict=True)}
    for cell, score in best_cells(TURNS):
        assert last[cell] == pytest.approx(score, rel=1e-6)
    _, later = columns(asked, "evolved", "?after=4")
    assert list(later["turn"]) == [5, 6]


def test_scores_go_by_the_best_that_a_cell_ever_had():
    worse = replace(born(7, (), {"xml": 0.1, "text": 0.1}, kind="again", cell=2))
    turns = [*TURNS, worse]
    *_, (accuracies, score) = standings(turns)
    assert accuracies == {"xml": 0.55, "text": 0.5}
    assert score == pytest.approx(dict(best_cells(turns))[2])


def test_a_search_that_is_being_written_moves_on(live):
    _, journal, asked = live
    facts, found = columns(asked, "live")
    assert (facts["status"], facts["turns"], facts["table"]) == ("running", 0, [])
    assert facts["best"] is None and len(found["turn"]) == 0
    put(journal, TURNS[:5])
    facts, found = columns(asked, "live")
    assert (facts["turns"], facts["waiting"], facts["best"]) == (5, 1, 2)
    late = born(4, (2, 0), {"xml": 0.7, "text": 0.6})
    journal.write([late], TURNS[5:6])
    facts, found = columns(asked, "live", "?after=3")
    assert list(found["turn"]) == [4, 5] and np.isnan(found["score"][1])
    assert found["score"][0] == pytest.approx(worst_ratio(late.accuracies, TURNS[0].accuracies))
    assert (facts["best"], facts["waiting"]) == (4, 1)


def test_only_what_is_new_is_read_again(tmp_path, monkeypatch):
    _, journal = begun(tmp_path / "s")
    put(journal, TURNS)
    search = Remembered(tmp_path / "s")
    assert search.candidates() == TURNS == SearchRun(tmp_path / "s").candidates()
    asked, whole = [], SearchRun._rows

    def rows(self, query, values=()):
        asked.append(values)
        return whole(self, query, values)

    monkeypatch.setattr(SearchRun, "_rows", rows)
    assert search.candidates(2) == TURNS[3:]
    assert asked == [(3,)]  # turn 4 had no result
    journal.close()


def test_what_was_made_of_the_turns_is_made_anew_once_something_has_come(tmp_path):
    _, journal = begun(tmp_path / "s")
    put(journal, TURNS)
    search, made = Remembered(tmp_path / "s"), []

    def count():
        turns = search.candidates()
        return search.remembered("count", turns, lambda: made.append(0) or len(made))

    assert (count(), count()) == (1, 1)
    journal.write([born(4, (2, 0), {"xml": 0.7, "text": 0.6})], [])
    assert (count(), count()) == (2, 2)
    journal.write_fresh(Fresh(2, 0, 1.0, {}))
    assert count() == 3
    journal.close()


def test_a_search_begun_anew_in_the_same_folder_is_another_one(tmp_path):
    found, home = Searches(), Home(tmp_path, api.open_run)
    kept(tmp_path / "s")
    run = home.run("s")
    assert len(found.open(run).candidates()) == len(TURNS)
    assert found.open(run) is found.open(run)
    assert found.standing(run)[1][0] == 2
    before = (tmp_path / "s" / "search.sqlite").read_bytes()
    (tmp_path / "s" / "search.sqlite").rename(tmp_path / "old")
    with pytest.raises(NotHere, match="s is not a search"):
        found.open(run)
    assert found.standing(run) == (None, None)
    (tmp_path / "s" / "search.sqlite").write_bytes(before)
    assert found.open(run).candidates() == TURNS


def test_no_more_searches_are_kept_than_fit(tmp_path):
    found, home = Searches(), Home(tmp_path, api.open_run)
    for number in range(KEPT + 1):
        kept(tmp_path / f"s{number}")
    opened = [found.open(home.run(f"s{number}")) for number in range(KEPT + 1)]
    assert found.open(home.run(f"s{KEPT}")) is opened[KEPT]
    assert found.open(home.run("s0")) is not opened[0]


def test_a_cell_has_its_equations_accuracies_and_seconds(asked, folder):
    found = asked("/searches/evolved/cells/2.json").json()
    cell = Cell(TURNS[2].text, name="cell_2")
    assert found["equations"]["text"] == cell.text and len(found["equations"]["rows"]) == 1
    assert [one["name"] for one in found["beside"]] == ["gru_before", "lstm"]
    assert (found["score"], found["accuracies"]) == (
        dict(best_cells(TURNS))[2],
        {"xml": 0.55, "text": 0.5},
    )
    assert found["stages"][0]["stage"] == "xml" and found["stages"][0]["accuracy"] == 0.55
    assert found["bars"] == TURNS[0].accuracies
    assert f"{folder.resolve() / 'evolved'}:2 > mine.eq" in found["command"][0]
    picture = asked("/searches/evolved/cells/2.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.body.decode() == cell.to_svg()
    assert asked("/searches/evolved/cells/2.svg?steps=3").body.decode() == cell.to_svg(3)


def test_a_cell_knows_where_it_comes_from_and_what_comes_of_it(asked, folder):
    found = asked("/searches/evolved/cells/6.json").json()
    family = SearchRun(folder / "evolved").family(6)
    assert [one["cell"] for one in found["family"]] == [one.cell for one in family] == [6, 4, 2, 0]
    assert [one["parents"] for one in found["family"]] == [[4], [2, 0], [0], []]
    assert found["family"][0]["changes"] == ["a -> b"]
    seed = asked("/searches/evolved/cells/0.json").json()
    assert [one["cell"] for one in seed["children"]] == [2, 4]  # the one with a score first
    assert seed["children_count"] == 2
    tried = asked("/searches/evolved/cells/1.json").json()["again"]
    assert [(one["turn"], one["accuracies"]) for one in tried] == [(5, TURNS[5].accuracies)]


@pytest.mark.parametrize("cell", ["5", "7", "99", "x", "-1", "1.0", "%C2%B2", "9" * 30, "2%0a"])
def test_a_cell_that_is_not_there_is_not_found(asked, cell):
    for kind in (".json", ".svg", ""):
        assert asked(f"/searches/evolved/cells/{cell}{kind}").status == 404


def test_a_run_that_is_no_search_is_not_shown_as_one(asked):
    for address in ("good-lstm.json", "good-lstm/turns.bin", "good-lstm", "none", "none.json"):
        assert asked(f"/searches/{address}").status == 404, address
    assert "is not a search" in asked("/searches/good-lstm.json").json()["error"]
    for address in ("evolved", "evolved/cells/2"):
        said = asked(f"/searches/{address}")
        assert said.status == 200 and said.headers["content-type"].startswith("text/html")


def test_a_damaged_journal_gets_a_sentence(tmp_path):
    kept(tmp_path / "s")
    (tmp_path / "s" / "search.sqlite").write_bytes(b"no database" * 100)
    app = make_app(Home(tmp_path, api.open_run), TOKEN, [HOST])
    said = ask(app, "/searches/s.json")
    assert said.status == 409 and "cannot be read" in said.json()["error"]
    (row,) = ask(app, "/runs.json").json()["searches"]
    assert (row["name"], row["candidates"], row["score"]) == ("s", None, None)


def test_the_seeds_equations_are_those_of_the_shelf(tmp_path):
    texts = [cells.get(name).text for name in ("gru_before", "lstm")]
    turns = [replace(one, text=text) for one, text in zip(TURNS[:2], texts, strict=True)]
    kept(tmp_path / "s", turns)
    app = make_app(Home(tmp_path, api.open_run), TOKEN, [HOST])
    found = ask(app, "/searches/s/cells/1.json").json()
    assert [one["text"] for one in found["beside"]] == texts


def test_ten_thousand_turns_are_told_compactly(tmp_path):
    turns = many(10_000)
    kept(tmp_path / "s", turns)
    app = make_app(Home(tmp_path, api.open_run), TOKEN, [HOST])
    facts, found = columns(lambda address: ask(app, address), "s")
    assert len(found["turn"]) == 10_000 == len(turns)
    scores = np.array([one.score or 1.0 for one in turns[2:]], np.float32)
    np.testing.assert_allclose(found["score"][2:], scores, rtol=1e-6)
    assert len(facts["table"]) == searches.MOST
    assert facts["table"][0]["cell"] == best_cells(turns)[0][0]
    assert len(ask(app, "/searches/s/turns.bin").body) == 10_000 * 4 * len(searches.COLUMNS)
    assert len(ask(app, "/searches/s.json").body) < 60_000
