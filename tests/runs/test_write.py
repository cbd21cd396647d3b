from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pytest

from elman.errors import ConfigError, RunError
from elman.runs import Run, RunWriter, disk, versions, write
from faults import Faults, new_run, save


@pytest.fixture
def run(tmp_path):
    return new_run(tmp_path / "run")


def names(run: RunWriter) -> list[str]:
    return sorted(path.name for path in run.folder.iterdir())


def text_run(tmp_path, **options) -> RunWriter:
    options = {"config": {}, "equations": "", "seed": 1, "root": tmp_path / "runs", **options}
    return RunWriter.create("text", **{"cell": "lstm", **options})


def test_a_new_run_is_named_by_date_task_cell_and_chance(tmp_path):
    folders = {text_run(tmp_path).folder for _ in range(5)}
    assert len(folders) == 5
    pattern = rf"{date.today().isoformat()[:4]}-\d\d-\d\d-text-lstm-[0-9a-f]{{4}}"
    assert all(re.fullmatch(pattern, folder.name) for folder in folders)


def test_a_cell_from_a_file_gives_its_name_without_folders(tmp_path):
    run = text_run(tmp_path, cell="my cells/MUT 1.eq")
    assert re.search(r"-text-mut-1-[0-9a-f]{4}$", run.folder.name)


def test_a_fresh_name_that_is_taken_is_drawn_again(tmp_path, monkeypatch):
    draws = iter(["7f3a", "7f3a", "0b1c"])
    monkeypatch.setattr(write.secrets, "token_hex", lambda n: next(draws) if n == 2 else "temp")
    assert text_run(tmp_path).folder.name.endswith("-7f3a")
    assert text_run(tmp_path).folder.name.endswith("-0b1c")


def test_a_run_starts_with_everything_needed_to_do_it_again(tmp_path):
    run = text_run(
        tmp_path,
        config={"task": "text", "train": {"lr": 0.002}},
        equations="h' = tanh(W x)\n",
        vocabulary={"characters": "abcé"},
        command=["elman", "train"],
        parent="runs/before",
        seed=7,
    )
    assert names(run) == ["cell.eq", "config.toml", "run.json", "vocabulary.json"]
    found = Run(run.folder)
    assert found.config() == {"task": "text", "train": {"lr": 0.002}}
    assert found.equations() == "h' = tanh(W x)\n"
    assert found.vocabulary() == {"characters": "abcé"}
    facts = found.facts()
    assert {"format": 1, "status": "running", "seed": 7}.items() <= facts.items()
    assert (facts["command"], facts["parent"]) == (["elman", "train"], "runs/before")
    assert facts["versions"] == versions() and {"python", "elman", "numpy"} <= set(versions())
    assert found.status() == "running"


def test_a_folder_that_holds_something_is_not_taken(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError) as caught:
        new_run(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} exists and is not empty: give another folder, or resume the run"
    )
    with pytest.raises(RunError, match="exists and is not empty"):
        new_run(tmp_path / "notes.txt")


def test_a_config_that_cannot_be_written_leaves_no_folder(tmp_path):
    with pytest.raises(ConfigError, match="is not UTF-8"):
        text_run(tmp_path, config={"data": "caf\udce9.txt"})
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_taken(tmp_path):
    assert new_run(tmp_path).folder == tmp_path


def test_rows_are_lines_that_any_program_reads(run):
    run.log(1, loss=float("nan"), lr=np.float32(0.5), parts=[1.5, float("inf")], n=np.int64(3))
    run.sample(1, text="“Ha!”\nexit")
    assert run.paths.metrics.read_text() == (
        '{"step": 1, "loss": null, "lr": 0.5, "parts": [1.5, null], "n": 3}\n'
    )
    assert Run(run.folder).samples() == [{"step": 1, "text": "“Ha!”\nexit"}]


def test_a_path_that_is_not_utf8_is_kept_as_an_escape(tmp_path):
    run = text_run(tmp_path, command=["elman", "caf\udce9.txt"])
    run.log(1, text="\udce9")
    run.log(2)
    again = RunWriter.reopen(run.folder, after=1)
    assert again.facts["command"] == ["elman", "caf\udce9.txt"]
    assert Run(run.folder).metrics() == [{"step": 1, "text": "\udce9"}]
    assert run.paths.metrics.read_text() == '{"step": 1, "text": "\\udce9"}\n'


def test_a_heartbeat_reaches_the_disk_only_now_and_then(run, monkeypatch):
    clock = [write.time.monotonic() + 100]
    monkeypatch.setattr(write.time, "monotonic", lambda: clock[0])
    run.beat(step=1)
    with Faults(0, "none") as faults:
        run.beat(step=2, loss=1.5)
        clock[0] += 9
        run.beat(step=3)
    assert not faults.names
    assert Run(run.folder).facts()["progress"] == {"step": 1}
    clock[0] += 1
    run.beat(step=4)
    assert Run(run.folder).facts()["progress"] == {"step": 4, "loss": 1.5}


@pytest.mark.parametrize("status", ["done", "stopped"])
def test_a_finished_run_says_how_it_ended(status, run):
    run.beat(step=1)
    run.finish(status, val_loss=1.5)
    found = Run(run.folder)
    assert found.status() == status
    assert found.facts()["progress"] == {"step": 1, "val_loss": 1.5}
    assert found.facts()["finished"] and found.error() is None


def test_a_run_ends_in_words_that_readers_know(run):
    with pytest.raises(RunError, match="ends as done or stopped, not as 'paused'"):
        run.finish("paused")


def test_a_failed_run_says_why_until_it_goes_on(run):
    run.fail("Traceback ...\nZeroDivisionError")
    assert Run(run.folder).status() == "failed"
    assert Run(run.folder).error() == "Traceback ...\nZeroDivisionError\n"
    RunWriter.reopen(run.folder, after=None)
    assert Run(run.folder).status() == "running"
    assert "error.txt" not in names(run)


def three_steps(run: RunWriter) -> None:
    for step in (1, 2, 3):
        run.log(step, loss=1 / step)
        run.sample(step, text="x" * step)
        save(run, step)


def test_a_reopened_run_repeats_no_row(run):
    three_steps(run)
    run.finish("stopped")
    again = RunWriter.reopen(run.folder, after=2, command=["elman", "resume"])
    found = Run(run.folder)
    assert [row["step"] for row in found.metrics()] == [1, 2]
    assert [row["text"] for row in found.samples()] == ["x", "xx"]
    assert found.checkpoints().latest().step == 2
    (resumed,) = found.facts()["resumed"]
    assert (resumed["after"], resumed["command"]) == (2, ["elman", "resume"])
    assert found.facts()["created"] == run.facts["created"] and found.status() == "running"
    again.log(3, loss=0.25)
    assert [row["loss"] for row in found.metrics()] == [1, 0.5, 0.25]


def test_foreign_and_torn_lines_do_not_hinder_going_on(run):
    three_steps(run)
    run.finish("stopped")
    with run.paths.metrics.open("ab") as file:
        file.write(b'{"step": "x"}\n\xff\xfe\n{"step": 4, "los')
    again = RunWriter.reopen(run.folder, after=3)
    again.log(4, loss=0.25)
    RunWriter.reopen(run.folder, after=4).log(5, loss=0.2)
    assert [row["step"] for row in Run(run.folder).metrics()] == [1, 2, 3, 4, 5]
    assert run.paths.metrics.read_bytes().endswith(b'{"step": 5, "loss": 0.2}\n')


def test_starting_over_drops_all_rows(run):
    run.log(0, loss=4.0)
    three_steps(run)
    RunWriter.reopen(run.folder, after=None)
    found = Run(run.folder)
    assert found.metrics() == found.samples() == []
    assert found.checkpoints().latest() is None


def test_going_back_within_a_run_is_the_same(run):
    three_steps(run)
    run.go_back(2)
    assert [row["step"] for row in Run(run.folder).metrics()] == [1, 2]
    assert Run(run.folder).checkpoints().latest().step == 2


def test_a_run_has_one_writer(run):
    other = {"pid": 4321, "host": "elsewhere", "start": 99}
    facts = {**run.facts, "process": other}
    run.paths.run.write_text(json.dumps(facts))
    with pytest.raises(RunError) as caught:
        RunWriter.reopen(run.folder, after=None)
    assert str(caught.value) == (
        f"{run.folder} is being written by process 4321 on elsewhere: "
        "stop that first, or wait until it is done"
    )


def test_a_run_of_a_newer_elman_is_not_written_to(run):
    run.finish()
    run.paths.run.write_text(json.dumps({**run.facts, "format": 2}))
    with pytest.raises(RunError, match="written by a newer Elman: update this one to resume it"):
        RunWriter.reopen(run.folder, after=None)


def test_a_run_without_its_run_file_goes_on(run):
    three_steps(run)
    run.paths.run.unlink()
    RunWriter.reopen(run.folder, after=3).log(4)
    assert [row["step"] for row in Run(run.folder).metrics()] == [1, 2, 3, 4]


def test_a_full_disk_gets_one_sentence(run):
    with pytest.raises(RunError) as caught, Faults(1, "error"):
        run.log(1, loss=2.0)
    assert str(caught.value) == (
        f"{run.folder} cannot be written (No space left on device): "
        "make room there and check its permissions"
    )
    with pytest.raises(RunError, match="cannot be written"), Faults(1, "error"):
        run.finish()


def test_a_root_that_cannot_be_written_gets_one_sentence(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RunError, match="cannot be written"):
        text_run(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_of_two_who_reopen_at_once_one_waits(run):
    run.finish()
    with ThreadPoolExecutor(1) as pool:
        with disk.held(run.folder):
            other = pool.submit(RunWriter.reopen, run.folder, after=None)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.3)
        assert other.result(timeout=30).facts["status"] == "running"
