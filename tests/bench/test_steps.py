"""Single steps are timed in microseconds, for every cell and size."""

from __future__ import annotations

import pytest

from elman.bench import steps
from elman.errors import ConfigError


def test_every_way_to_do_a_step_is_timed(monkeypatch):
    monkeypatch.setattr(steps, "SIZES", ((2, 8),))
    told: list[str] = []
    rows = steps.measure(("lstm",), 0.0, 1, told.append)
    assert told == ["a step of lstm at B, H = 2, 8"]
    assert [(row["cell"], row["B"], row["H"]) for row in rows] == [("lstm", 2, 8)]
    found = rows[0]["microseconds"]
    ways = ["frozen", "gradient", "and back"]
    assert sorted(found) == sorted([*ways, "torch", *(f"torch {way}" for way in ways[1:])])
    assert all(1 < value < 1e5 for value in found.values())
    assert [column.header for column in steps.table(rows).columns] == ["cell", "B,H", *found]


def test_a_cell_that_torch_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="no benchmark of 'mgu': choose from rnn, gru, lstm"):
        steps.measure(("mgu",), 0.0, 1, print)
