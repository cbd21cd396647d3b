"""A run that is stopped, killed or finished: what it leaves, and that it goes on exactly."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from elman import api
from elman.errors import ConfigError, DataError, RunError
from elman.runs import Run
from elman.training import progress, signals, tally

TEXT = "the cat sat on the mat. a dog ran to the red barn.\n" * 60


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def weights(folder) -> str:
    found = Run(folder).checkpoints().latest().model()
    return hashlib.sha256(b"".join(found[name].tobytes() for name in sorted(found))).hexdigest()


def small(text, folder, steps=12, **changes):
    given = {"hidden": 16, "batch": 2, "window": 16, "dropout": 0.1, **changes}
    return api.train(text, steps=steps, folder=folder, seed=5, **given)


class Stop(progress.Silent):
    """Asks the run to stop after a number of steps, as Ctrl-C would."""

    def __init__(self, after: int) -> None:
        self.after, self.seen = after, 0

    def step(self, clock, tokens, row):
        self.seen += 1
        if self.seen == self.after:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("after", [2, 11])
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(text, tmp_path, after):
    small(text, tmp_path / "whole")
    stopped = small(text, tmp_path / "cut", watcher=Stop(after))
    assert stopped.signal == signal.SIGINT
    assert Run(tmp_path / "cut").status() == "stopped"
    api.resume(tmp_path / "cut")
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert Run(tmp_path / "cut").status() == "done"


def test_a_checkpoint_that_lacks_what_training_needs_is_named(text, tmp_path):
    small(text, tmp_path / "cut", watcher=Stop(2))
    checkpoints = Run(tmp_path / "cut").checkpoints()
    last = checkpoints.latest()
    checkpoints.save(last.step + 1, last.model(), last.training(), {})
    with pytest.raises(
        RunError, match=r"000003 is not one of this training \(KeyError\('task'\)\)"
    ):
        api.resume(tmp_path / "cut")


def test_a_finished_run_has_nothing_left_to_do(text, tmp_path):
    small(text, tmp_path / "run")
    assert api.resume(tmp_path / "run") is None


def test_a_killed_run_goes_on_and_can_be_sampled(text, tmp_path):
    folder = tmp_path / "run"
    command = [
        sys.executable, "-m", "elman", "train", "text", str(text), "--steps", "400", "--hidden",
        "16", "--batch", "2", "--window", "16", "--run", str(folder), "--quiet",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if len(list((folder / "checkpoints").glob("0*"))) >= 2 or process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert len("".join(api.sample(folder, 20))) == 20
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api.resume(folder)
    assert Run(folder).status() == "done"
    steps = [row["step"] for row in Run(folder).metrics() if "loss" in row]
    assert steps == sorted(set(steps))


def test_a_text_that_changed_is_not_gone_on_with(text, tmp_path):
    small(text, tmp_path / "run", watcher=Stop(3))
    text.write_text(TEXT + "more")
    with pytest.raises(RunError, match="is not the text that"):
        api.resume(tmp_path / "run")


def test_wrong_options_get_a_sentence(text, tmp_path):
    with pytest.raises(ConfigError, match="a training has no option 'colour'"):
        api.train(text, steps=1, folder=tmp_path / "run", colour=1)
    with pytest.raises(DataError, match=r"nothing\.txt"):
        api.train(tmp_path / "nothing.txt", steps=1)


def test_the_same_seed_gives_the_same_weights(text, tmp_path):
    small(text, tmp_path / "a")
    small(text, tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert tally.Tally and signals.Request


def test_hello_is_learned(tmp_path):
    for seed in range(3):
        run = api.train("hello", folder=tmp_path / str(seed), seed=seed)
        assert run.val_loss is not None
        assert run.val_loss < 0.05
        tables = api.open_run(tmp_path / str(seed)).tables()
        assert tables is not None
        assert tables.count("right") == 4


def test_everything_on_the_command_line_answers_in_json(text, tmp_path):
    def said(*words: str) -> dict[str, object]:
        done = subprocess.run(
            [sys.executable, "-m", "elman", *words, "--json"],
            check=True, capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip
        return json.loads(done.stdout)

    run = str(tmp_path / "run")
    trained = said("train", "text", str(text), "--steps", "20", "--hidden", "16", "--run", run)
    wanted = {"run", "steps", "seconds", "tokens_per_second", "val_loss", "parameters"}
    assert wanted <= trained.keys()
    found = said("evaluate", run)
    assert found["val_loss"] == pytest.approx(trained["val_loss"], abs=1e-6)
    assert said("sample", run, "--length", "30")
    assert said("resume", run) is not None
