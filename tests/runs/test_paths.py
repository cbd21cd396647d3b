from __future__ import annotations

from dataclasses import fields

from elman.runs.paths import CheckpointPaths, RunPaths


def test_the_names_in_a_run_folder(tmp_path):
    assert fields(RunPaths)[0].name == "folder"
    names = {
        name: getattr(RunPaths(tmp_path), name).name
        for name, value in vars(RunPaths).items()
        if isinstance(value, property)
    }
    assert names == {
        "run": "run.json",
        "config": "config.toml",
        "cell": "cell.eq",
        "metrics": "metrics.jsonl",
        "samples": "samples.jsonl",
        "vocabulary": "vocabulary.json",
        "probes": "probes",
        "error": "error.txt",
        "checkpoints": "checkpoints",
    }


def test_steps_are_those_whose_folders_are_there(tmp_path):
    paths = CheckpointPaths(tmp_path)
    assert paths.steps() == {} == CheckpointPaths(tmp_path / "none").steps()
    for path in (paths.at(7), paths.at(1_000_000), paths.replaced(7), paths.replaced(3)):
        path.mkdir()
    for name in ("notes", "12", ".000009.1a2b.tmp"):
        (tmp_path / name).mkdir()
    paths.at(8).write_text("a file is no checkpoint")
    assert paths.steps() == {
        3: tmp_path / ".000003.replaced",
        7: tmp_path / "000007",
        1_000_000: tmp_path / "1000000",
    }
