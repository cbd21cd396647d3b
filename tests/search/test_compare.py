"""The comparison: the same chance for every cell, and figures that are worked out a second time."""

from __future__ import annotations

import pytest

from elman import cells
from elman.errors import ConfigError
from elman.search.compare import CELLS, Comparison, compare, named, rank_correlation, ranks
from elman.search.evaluate import attempt
from elman.search.plan import Budget
from elman.search.population import seed_of
from elman.search.report import interval
from elman.search.workers import pool

TINY = Comparison(("rnn", "mut1"), ("parity",), Budget(6, 8, 1_000), settings=2, times=2, seed=5)


@pytest.fixture(scope="module")
def workers():
    executor, _ = pool(1)
    yield executor
    executor.shutdown()


def test_each_figure_is_that_of_the_cell_alone(workers):
    said = []
    report = compare(TINY, workers, said.append)
    assert [(row["cell"], row["task"]) for row in report["rows"]] == [
        ("rnn", "parity"), ("mut1", "parity"),
    ]  # fmt: skip
    assert said[-1] == "4 of 4: mut1 on parity"
    for row in report["rows"]:
        alone = [
            attempt(cells.get(row["cell"]), "parity", TINY.budget, 2, seed_of(5, number, 1, 0))
            for number in range(2)
        ]
        assert row["all"] == [one["best"] for one in alone]
        assert (row["mean"], row["interval"]) == interval(row["all"])
        assert row["best"] == max(row["all"])
        assert row["parameters"] == alone[0]["parameters"] <= 1_000


def test_a_grid_has_a_row_for_each_depth_and_width(workers):
    wish = Comparison(("rnn",), ("parity",), Budget(2, 4), settings=1, times=1,
                      depths=(1, 2), widths=(3, 5))  # fmt: skip
    rows = compare(wish, workers)["rows"]
    assert [(row["depth"], row["units"]) for row in rows] == [(1, 3), (1, 5), (2, 3), (2, 5)]
    assert rows[0]["parameters"] < rows[2]["parameters"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": ()}, "a comparison needs a cell"),
        ({"cells": ("lstm_projected",)}, "has more sizes than D and H"),
        ({"tasks": ("sums",)}, "no exercise 'sums'"),
        ({"times": 0}, "--times must be at least 1, not 0"),
    ],
)
def test_what_cannot_be_compared_is_said(change, said):
    with pytest.raises(ConfigError, match=said):
        Comparison(**{**vars(TINY), **change}).check()


def test_the_cells_of_the_paper_are_on_the_shelf():
    assert Comparison(CELLS, ("xml",), Budget(1)).check().cells == CELLS
    assert named("lstm-no-forget") == "lstm_nfg"
    assert named("gru") == "gru"


def test_ranks_are_compared_after_spearman():
    assert ranks([3.0, 1.0, 2.0, 2.0]) == [4, 1, 2.5, 2.5]
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    # 1 - 6 sum(d^2) / (n (n^2 - 1)) without ties
    assert rank_correlation([1, 2, 3, 4], [2, 1, 3, 4]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert rank_correlation([1, 1], [1, 2]) == 0
