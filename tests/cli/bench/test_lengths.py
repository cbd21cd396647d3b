"""`elman bench lengths`: options in, one table or one JSON object out."""

from __future__ import annotations

import json

from elman.cli import main

QUICK = ("bench", "lengths", "--shapes", "4,3,5", "--seconds", "0", "--threads", "1")


def test_json_is_one_object_with_everything(capsys):
    assert main([*QUICK, "--cells", "gru", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"machine", "results", "means"}
    assert found["results"][0]["cell"] == "gru"


def test_a_table_is_printed_and_the_figures_are_kept(capsys, tmp_path):
    assert main([*QUICK, "--cells", "rnn", "--save", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "excess" in out and "saved" in out
    assert len(list(tmp_path.glob("lengths-*.json"))) == 1


def test_a_shape_is_three_numbers(capsys):
    assert main(["bench", "lengths", "--shapes", "4x3"]) == 1
    assert "a shape is T,B,H" in capsys.readouterr().err
