"""`elman bench small`: sequences, and single steps below them."""

from __future__ import annotations

import json

import pytest

from elman.bench import steps
from elman.cli import main

WORDS = (
    "bench",
    "small",
    "--cells",
    "rnn",
    "--shapes",
    "3,1,8",
    "--seconds",
    "0",
    "--threads",
    "1",
)


@pytest.fixture(autouse=True)
def one_size(monkeypatch):
    monkeypatch.setattr(steps, "SIZES", ((1, 8),))


def test_json_has_sequences_and_steps(capsys):
    assert main([*WORDS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["T"] for row in found["results"]] == [3]
    assert [row["H"] for row in found["steps"]] == [8]


def test_a_person_reads_two_tables(capsys):
    assert main(WORDS) == 0
    out = capsys.readouterr().out
    assert out.index("GFLOP/s") < out.index("one step of a stream, in microseconds")
    assert "frozen" in out
