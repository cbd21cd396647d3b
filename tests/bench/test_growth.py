"""Growth: the time of one step of one row, and how it changes along a line."""

from __future__ import annotations

import math

from elman.bench import growth


def test_each_line_compares_with_its_best_so_far(monkeypatch):
    monkeypatch.setattr(growth, "STEPS", ((2, 1), (8, 1)))
    monkeypatch.setattr(growth, "ROWS", ((2, 1), (2, 3)))
    results = growth.measure(("rnn",), 0.0, 1)
    rows = results["results"]
    assert [(r["along"], r["T"], r["B"]) for r in rows] == [
        ("T", 2, 1), ("T", 8, 1), ("B", 2, 1), ("B", 2, 3),
    ]  # fmt: skip
    for first, second in (rows[:2], rows[2:]):
        assert first["growth"] == 1.0
        best = min(first["each"], second["each"])
        assert math.isclose(second["growth"], second["each"] / best)
    assert [column.header for column in growth.table(results).columns][-1] == "growth"
    assert growth.table(results).row_count == 4
