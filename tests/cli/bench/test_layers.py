"""`elman bench layers`: options in, one table or one JSON object out."""

from __future__ import annotations

import json

import pytest
import torch

from elman.cli import main

QUICK = ("bench", "layers", "--shapes", "3,2,8", "--seconds", "0", "--threads", "1")


@pytest.fixture(autouse=True)
def same_threads_after():
    before = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == before


def test_json_is_one_object_with_everything(capsys):
    assert main([*QUICK, "--cells", "rnn", "gru", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert [row["cell"] for row in found["results"]] == ["rnn", "gru"]
    assert set(found["results"][0]["ratios"]) >= {"torch", "loop"}
    assert set(found) == {"machine", "products", "limit", "results", "means"}


def test_a_table_is_printed_and_the_figures_are_kept(capsys, tmp_path):
    path = tmp_path / "figures.json"
    assert main([*QUICK, "--cells", "rnn", "--save", str(path)]) == 0
    out = capsys.readouterr().out

    assert "torch.mm" in out and "loop: torch operations" in out
    assert out.splitlines()[-1] == f"saved {path}"
    assert json.loads(path.read_text())["machine"]["threads"] == 1
