"""Reading a search, without torch, while it is written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from elman.errors import RunError
from elman.search.journal import Journal
from elman.search.read import SearchRun, best_cells, seeds, worst_ratio
from searches import PLAN, TURNS


@pytest.fixture
def search(tmp_path):
    journal = Journal.create(tmp_path, PLAN)
    journal.write([one for one in TURNS if one.outcome], TURNS)
    yield SearchRun.find(tmp_path)
    journal.close()


def test_candidates_come_with_their_results_and_parents(search):
    assert search.candidates() == TURNS
    assert search.candidate(2).accuracies == {"xml": 0.55, "text": 0.5}
    assert search.candidate(2).seconds == {"xml": 1.5}
    assert search.candidate(4).outcome is None
    assert search.bars() == {"xml": 0.5, "text": 0.4}


def test_a_list_knows_the_best_cell_without_reading_every_turn(search):
    assert search.standing() == (sum(one.counts for one in TURNS), best_cells(TURNS)[0])


def test_nothing_stands_before_the_first_seed_has_its_bars(tmp_path):
    journal = Journal.create(tmp_path, PLAN)
    assert journal.reader.standing() == (0, None)
    journal.write([TURNS[1]], TURNS[:2])
    assert journal.reader.standing() == (1, None)
    assert best_cells(journal.reader.candidates()) == []
    journal.close()


def test_a_cell_by_its_number_is_a_cell(search):
    assert search.cell(2).text == TURNS[2].text
    with pytest.raises(RunError, match="has no cell 5"):
        search.cell(5)  # that turn tried an older cell again


def test_a_family_goes_back_to_the_seeds(search):
    assert [one.cell for one in search.family(6)] == [6, 4, 2, 0]


def test_scores_are_worst_ratios_of_the_best_accuracies():
    assert worst_ratio({"xml": 0.55, "text": 0.5}, {"xml": 0.5, "text": 0.4}) == pytest.approx(1.1)
    best = dict(best_cells(TURNS))
    assert best == pytest.approx({2: 1.1, 0: 1.0, 1: 0.9, 3: 0.5, 6: 0.4})
    assert list(best) == [2, 0, 1, 3, 6]
    assert [cell for cell, _ in best_cells(TURNS, "control")] == [3]
    assert [one.cell for one in seeds(TURNS)] == [0, 1]


def test_what_counts_is_new_and_was_tested():
    assert [one.counts for one in TURNS] == [True, True, True, True, False, False, True]


def test_a_reader_needs_no_torch(search):
    code = f"""
import sys
from elman.search.read import SearchRun
print(len(SearchRun.find({str(search.folder)!r}).candidates()))
raise SystemExit("torch" in sys.modules)
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (child.returncode, child.stdout) == (0, "7\n"), child.stderr
