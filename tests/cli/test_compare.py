"""`elman compare`."""

from __future__ import annotations

import json

import pytest

from elman.cli import main
from elman.cli.compare import tables

SMALL = ["--tasks", "parity", "--budget", "64", "--settings", "1", "--times", "2", "--workers", "1",
         "--parameters", "800"]  # fmt: skip


def test_it_answers_in_json_and_draws(capsys, tmp_path):
    plot = tmp_path / "c.svg"
    words = ["compare", "--cells", "rnn,lstm-no-forget", *SMALL, "--plot", str(plot), "--json"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["cell"] for row in report["rows"]] == ["rnn", "lstm_nfg"]
    assert all(len(row["all"]) == 2 for row in report["rows"])
    assert plot.read_text().startswith("<svg")


def test_a_table_is_as_in_the_paper(capsys):
    assert main(["compare", "--cells", "rnn,gru", *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["cell", "parity"]
    assert [line.split()[0] for line in lines[2:4]] == ["rnn", "gru"]
    assert "±" in lines[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cells", "gruu"], "did you mean 'gru'"),
        (["--plot", "a.jpg"], "ends in .svg"),
        (["--tasks", "sums"], "no exercise 'sums'"),
    ],
)
def test_wrong_wishes_get_a_sentence(capsys, words, said):
    assert main(["compare", *words]) == 1
    assert said in capsys.readouterr().err


def test_a_cell_that_broke_is_said_to_be_broken():
    row = {"cell": "rnn", "task": "xml", "depth": 1, "width": 0, "all": [], "mean": None,
           "interval": None}  # fmt: skip
    report = {"rows": [row], "tasks": ["xml"], "settings": 1, "examples": 1, "times": 1}
    _, table = tables(report)
    assert list(table.columns[1].cells) == ["broken"]
