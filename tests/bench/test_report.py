"""Figures as tables for a person and as a file for later."""

from __future__ import annotations

import json

from rich.console import Console

from elman import bench
from elman.bench.report import machine

FIGURES = {"median": 0.0042, "best": 0.004, "first": 0.21, "gflops": 140.0}
ROW = {
    "cell": "lstm", "T": 64, "B": 32, "H": 128, "operations": 10**9, "bytes": 10**7, "rounds": 9,
}  # fmt: skip
RESULTS = {
    "machine": {
        "processor": "A processor",
        "cores": 2,
        "threads": 2,
        "versions": {"elman": "0.1.0", "torch": "2.13.0"},
        "time": "2026-11-23T09:00:00+00:00",
    },
    "limit": {
        "1": {"mm": 88.0, "packed": 105.0, "limit": 105.0, "bf16": 190.0, "memory": 12.5},
        "2": {"mm": 184.0, "packed": 210.0, "limit": 210.0, "bf16": 380.0, "memory": 20.0},
    },
    "results": [
        {
            **ROW,
            "candidates": {"elman": FIGURES, "torch": {**FIGURES, "first": 0.02}, "loop": FIGURES},
            "ratios": {"torch": 0.95, "loop": 2.5},
        },
        {
            **ROW,
            "cell": "mut1",
            "candidates": {"elman": FIGURES, "loop": FIGURES},
            "ratios": {"loop": 6.25},
        },
    ],
    "means": {"lstm": {"torch": 0.95, "loop": 2.5}, "mut1": {"loop": 6.25}},
}


def test_the_tables_fit_a_terminal(golden):
    console = Console(width=80, highlight=False, record=True, quiet=False, file=Nowhere())
    for part in bench.tables(RESULTS):
        console.print(part, soft_wrap=isinstance(part, str))
    lines = console.export_text().splitlines()
    golden("bench/layers.txt", "".join(line.rstrip() + "\n" for line in lines))


class Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def test_figures_are_kept_in_the_file_named_or_in_one_of_a_folder(tmp_path):
    assert bench.save(RESULTS, tmp_path / "a.json", "layers") == tmp_path / "a.json"
    path = bench.save(RESULTS, tmp_path / "results", "layers")
    assert path == tmp_path / "results" / "layers-2026-11-23T090000.json"
    assert json.loads(path.read_text()) == RESULTS


def test_the_machine_and_the_versions_are_told():
    found = machine(3)
    assert found["threads"] == 3 and found["processor"]
    assert {"elman", "torch", "llvmlite", "numpy"} <= set(found["versions"])
