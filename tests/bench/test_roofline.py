"""The roofline: a file that shows every candidate under the roof."""

from __future__ import annotations

import importlib.util

import pytest

from elman.bench import roofline
from elman.errors import ConfigError

ROW = {"cell": "lstm", "operations": 10**9, "bytes": 10**7}
RESULTS = {
    "machine": {"processor": "A processor", "threads": 2},
    "limit": {"2": {"limit": 210.0, "bf16": 380.0, "memory": 20.0}},
    "results": [
        {**ROW, "candidates": {"elman": {"gflops": 140.0}, "torch": {"gflops": 120.0}}},
        {**ROW, "cell": "mut1", "candidates": {"elman": {"gflops": 90.0}}},
    ],
}
needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed"
)


@needs_matplotlib
def test_a_plot_names_cells_candidates_and_limits(tmp_path):
    path = roofline.draw(RESULTS, tmp_path / "plots" / "roof.svg")
    text = path.read_text()
    for word in ("elman", "torch", "lstm", "mut1", "210 GFLOP/s", "380 GFLOP/s", "20.0 GB/s"):
        assert word in text, word
    assert roofline.draw(RESULTS, tmp_path / "roof.png").stat().st_size > 10_000


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"^a plot is a file that ends in \.png, \.svg, \.pdf"):
        roofline.can_draw(tmp_path / "roof.txt")


def test_it_is_told_what_plots_need(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"plots need matplotlib: pip install"):
        roofline.can_draw(tmp_path / "roof.svg")
