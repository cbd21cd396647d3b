"""Streams: the copy moves what a cell must touch."""

from __future__ import annotations

import math

from elman.bench import streams
from elman.layers import Recurrent


def test_every_cell_has_no_matrix():
    for name, cell in streams.CELLS.items():
        layer = Recurrent(cell, 4, 4)
        assert all(parameter.dim() < 2 for parameter in layer.parameters()), name


def test_ratios_are_of_times():
    results = streams.measure(((4, 2, 8),), 0.0, 1)
    assert [row["cell"] for row in results["results"]] == list(streams.CELLS)
    row = results["results"][0]
    assert row["forward"] > 0 and row["training"] > 0
    assert math.isclose(results["means"][row["cell"]]["forward"], row["forward"])
    assert streams.table(results).row_count == 6


def test_a_copy_gives_as_many_new_sequences():
    assert [part.numel() for part in streams.copied(6, 3, 10)()] == [10, 10, 10]
    assert len(streams.copied(1, 1, 10)()) == 1
