"""Ragged rows beside padded ones: figures of one run, after all gave the same gradients."""

from __future__ import annotations

import pytest
import torch

from elman.bench import Settings, lengths
from elman.bench.report import save
from elman.errors import ConfigError

TINY = Settings(("rnn", "lstm"), ((5, 4, 3),), seconds=0, threads=1)


def test_the_figures_hang_together():
    before = torch.get_num_threads()
    found = lengths.measure(TINY)
    assert torch.get_num_threads() == before
    first, second = found["results"]
    assert (first["cell"], second["cell"]) == ("rnn", "lstm") and first["share"] == second["share"]
    assert 0.2 <= first["share"] <= 1
    assert set(first["seconds"]) == {"ragged", "padded", "packed", "torch padded"}
    assert found["means"]["rnn"]["excess"] == pytest.approx(first["excess"])
    assert len(lengths.table(found).rows) == 4


def test_only_shapes_with_rows_enough_are_measured():
    assert lengths.shapes() and all(rows >= 32 for _, rows, _ in lengths.shapes())


def test_a_cell_that_torch_lacks_is_refused():
    with pytest.raises(ConfigError, match=r"no benchmark of 'mut1': choose from rnn, gru, lstm$"):
        lengths.measure(Settings(("mut1",)))


def test_a_file_is_named_after_its_kind(tmp_path):
    found = {"machine": {"time": "2026-11-24T01:02:03+00:00"}}
    assert save(found, tmp_path, "lengths").name == "lengths-2026-11-24T010203.json"
