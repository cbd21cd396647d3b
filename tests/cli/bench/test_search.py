"""`elman bench search`."""

from __future__ import annotations

import json

from elman.cli import main


def test_it_counts_candidates_and_the_cost_of_a_turn(capsys):
    assert main(["bench", "search", "--idle", "--candidates", "8", "--workers", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["candidates"] == 8
    assert set(report["by_stage"]) == {"compile", "memorization"}
    assert report["overhead_per_turn"] > 0


def test_a_person_reads_a_table(capsys):
    assert main(["bench", "search", "--idle", "--candidates", "8", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "an hour" in out and "the search itself" in out
