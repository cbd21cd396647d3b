"""`elman bench memory` and `growth`: each gives its figures as JSON and as a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elman.bench import growth
from elman.cli import main

QUICK = ("--seconds", "0", "--threads", "1", "--json")


def figures(capsys, *words: str):
    assert main(["bench", *words, *QUICK]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells")
def test_memory_has_a_share(capsys):
    words = ("memory", "--cells", "rnn", "--shapes", "16,8,64", "--threads", "1", "--json")
    assert main(["bench", *words]) == 0
    assert json.loads(capsys.readouterr().out)["means"]["rnn"] > 0


def test_growth_has_two_lines(capsys, monkeypatch):
    monkeypatch.setattr(growth, "STEPS", ((2, 1),))
    monkeypatch.setattr(growth, "ROWS", ((2, 2),))
    found = figures(capsys, "growth", "--cells", "rnn")
    assert [row["along"] for row in found["results"]] == ["T", "B"]
