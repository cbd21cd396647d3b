"""What is said at the end of a training."""

from __future__ import annotations

import pytest

from elman import api
from elman.cli import Shared, Stopped, main
from elman.cli._training import report


def test_the_report_names_figures_run_and_what_is_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    trained = api.train("hello", steps=3, folder=tmp_path / "run")
    result = report(trained, Shared())
    out = capsys.readouterr().out

    assert result["steps"] == 3 and "evaluation" not in result
    assert "characters/s\nheld out: " in out and "bits per character" in out


def test_a_training_without_a_step_says_that_nothing_was_learned(tmp_path, capsys):
    trained = api.train("hello", minutes=1e-9, folder=tmp_path / "run")
    report(trained, Shared())
    out = capsys.readouterr().out

    assert trained.steps == 0
    assert out.endswith(
        "nothing was learned: the time was over before the first step; give more --minutes\n"
        f"run {tmp_path / 'run'}\n"
    )


def test_a_signal_becomes_stopped_with_the_way_to_go_on(tmp_path):
    trained = api.Trained(tmp_path, 7, 1.0, 2.0, None, 3, signal=2)
    with pytest.raises(Stopped) as stop:
        report(trained, Shared())
    assert stop.value.status == 130
    assert str(stop.value) == (
        f"stopped after step 7 and saved; go on with: elman resume {tmp_path}"
    )


@pytest.mark.parametrize("end", ["--steps", "--minutes"])
def test_no_steps_and_no_minutes_are_no_training(end, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "text", "hello", end, "0"]) == 1
    assert f"{end} must be above 0, not 0: left out, it is chosen" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
