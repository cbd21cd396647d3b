"""The loop: exact resume from every step, clean ends, NaN, signals, and files that say so."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from elman import api
from elman.errors import RunError
from elman.runs import Run
from elman.training import Display, Silent
from elman.training.clock import Clock
from elman.training.train import Outcome, Watcher, train

STEPS = 9


class StopAt(Silent):
    """A watcher that sends a signal to its own process after a step."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.at, self.number = step, number

    def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
        if clock.step == self.at:
            os.kill(os.getpid(), self.number)


def fingerprint(folder: Path) -> str:
    """All that the last checkpoint holds but the seconds, in one hash."""
    last = Run(folder).checkpoints().latest()
    assert last is not None
    found = hashlib.sha256()
    for arrays in (last.model(), last.training()):
        for name, array in sorted(arrays.items()):
            found.update(name.encode() + np.ascontiguousarray(array).tobytes())
    facts = last.facts()
    for measured in ("seconds", "first", "look"):
        facts["clock"].pop(measured)
    return f"{found.hexdigest()} {facts}"


def rows(folder: Path) -> list[dict[str, object]]:
    run = Run(folder)
    return [{k: v for k, v in r.items() if k != "seconds"} for r in run.metrics() + run.samples()]


def test_a_run_resumed_after_any_step_ends_with_the_same_bits(small, tmp_path):
    small("whole", steps=STEPS)
    expected, lines = fingerprint(tmp_path / "whole"), rows(tmp_path / "whole")

    for k in range(1, STEPS):
        stopped = small(f"stop{k}", steps=STEPS, watcher=StopAt(k))
        assert (stopped.steps, stopped.signal) == (k, signal.SIGINT)
        assert Run(tmp_path / f"stop{k}").status() == "stopped"
        resumed = api.resume(tmp_path / f"stop{k}")
        assert resumed is not None and resumed.steps == STEPS
        assert fingerprint(tmp_path / f"stop{k}") == expected, f"stopped after step {k}"
        assert rows(tmp_path / f"stop{k}") == lines, f"stopped after step {k}"


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_run_stopped_again_and_again_ends_with_the_same_bits(small, tmp_path, cell):
    small("whole", steps=4, cell=cell, layers=2)
    small("parts", steps=4, cell=cell, layers=2, watcher=StopAt(1))
    for k in (2, 3, 4):
        api.resume(tmp_path / "parts", watcher=StopAt(k))

    assert fingerprint(tmp_path / "parts") == fingerprint(tmp_path / "whole")


def test_another_seed_gives_another_model(small, tmp_path):
    small("a", steps=2, seed=1)
    small("b", steps=2, seed=2)

    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")


def test_training_leaves_the_generator_and_the_signals_as_they_were(small):
    random, handler = torch.get_rng_state(), signal.getsignal(signal.SIGTERM)
    small("a", steps=2)

    assert torch.equal(torch.get_rng_state(), random)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_it_learns_and_keeps_its_best(small, tmp_path):
    trained = small("a", steps=150, hidden=24, lr=0.02, looks=4)
    metrics = Run(tmp_path / "a").metrics()
    scores = [row["val_loss"] for row in metrics if "val_loss" in row]

    assert len(scores) == 4
    assert trained.val_loss == min(scores) < 0.6 < 2 < metrics[0]["loss"]
    best = Run(tmp_path / "a").checkpoints().best()
    assert best is not None and best.score == trained.val_loss
    assert api.evaluate(tmp_path / "a")["val_loss"] == pytest.approx(trained.val_loss, abs=1e-6)


def test_the_end_is_always_evaluated(small, tmp_path):
    small("a", steps=7, looks=3)
    steps = [row["step"] for row in Run(tmp_path / "a").metrics() if "val_loss" in row]

    assert steps[-1] == 7 and len(steps) == 3


def test_minutes_end_a_run_in_time_with_its_evaluation_done(small, tmp_path):
    trained = small("a", steps=0, minutes=0.03, looks=2)

    assert trained.seconds < 6  # 1.8 s asked for; the rest is for a busy machine
    assert trained.val_loss is not None
    assert Run(tmp_path / "a").status() == "done"


def test_a_finished_run_has_nothing_to_resume(small, tmp_path):
    small("a", steps=2)

    assert api.resume(tmp_path / "a") is None


def test_a_run_without_a_checkpoint_starts_over(small, tmp_path):
    small("whole", steps=4)
    small("bare", steps=4, watcher=StopAt(2))
    run = Run(tmp_path / "bare")
    run.checkpoints().forget_after(-1)

    resumed = api.resume(run.folder)
    assert resumed is not None and resumed.steps == 4
    assert rows(run.folder) == rows(tmp_path / "whole")
    assert fingerprint(run.folder) == fingerprint(tmp_path / "whole")


def test_losses_that_are_not_finite_are_skipped_and_counted(small, tmp_path, monkeypatch):
    poison(monkeypatch, {3, 4})
    trained = small("a", steps=8, looks=1)

    assert trained.steps == 8
    assert [row.get("skipped") for row in Run(tmp_path / "a").metrics() if "loss" in row] == [
        *(None, 2, 2, 2)
    ]
    last = Run(tmp_path / "a").checkpoints().latest()
    assert last is not None and all(np.isfinite(a).all() for a in last.model().values())


def test_too_many_of_them_in_a_row_stop_the_run(small, tmp_path, monkeypatch):
    poison(monkeypatch, set(range(4, 20)))
    with pytest.raises(RunError) as error:
        small("a", steps=30)

    message = (
        "loss or gradient was not finite in 5 steps in a row, up to step 8 (loss nan, norm of the "
        "gradients nan): train again with a lower --lr; the last good checkpoint is kept"
    )
    assert str(error.value) == message
    assert Run(tmp_path / "a").status() == "failed"
    assert Run(tmp_path / "a").error() == message + "\n"


def poison(monkeypatch: pytest.MonkeyPatch, steps: set[int]) -> None:
    """Make the loss of some steps NaN."""
    from elman.tasks import TextTask

    loss, count = TextTask.loss, iter(range(1, 1000))
    monkeypatch.setattr(
        TextTask, "loss", lambda self: loss(self) * (float("nan") if next(count) in steps else 1.0)
    )


def test_a_second_signal_stops_at_once(small):
    class Impatient(Silent):
        def step(self, clock: Clock, tokens: int, row: dict[str, float | int] | None) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        small("a", watcher=Impatient())


def test_a_changed_text_is_not_resumed(small, tmp_path, text):
    small("a", watcher=StopAt(2))
    text.write_text(text.read_text() + "!", encoding="utf-8")

    with pytest.raises(RunError) as error:
        api.resume(tmp_path / "a")
    before = Run(tmp_path / "a").config()["data"]["sha256"][:8]
    after = hashlib.sha256(text.read_bytes()).hexdigest()[:8]
    assert str(error.value) == (
        f"{text} is not the text that {tmp_path / 'a'} was trained on (its SHA-256 begins with "
        f"{after}, not {before}): put the old text back, or train anew"
    )


def test_watchers_and_outcomes_are_what_the_loop_promises():
    assert isinstance(Silent(), Watcher) and issubclass(Display, Watcher)
    assert Outcome(1, 1.0, 1.0, None, None).score is None
    assert train.__doc__


def test_every_evaluation_has_a_loss_beside_it(small, tmp_path):
    small("a", steps=9, looks=3, log_every=50)
    metrics = Run(tmp_path / "a").metrics()
    losses, scores = (
        [row["step"] for row in metrics if key in row] for key in ("loss", "val_loss")
    )
    assert len(scores) == 3 and losses == scores


def test_a_run_too_short_to_be_judged_early_is_judged_at_its_end(small, tmp_path, monkeypatch):
    from elman.tasks import TextTask

    monkeypatch.setattr(TextTask, "tokens_to_score", property(lambda task: 10**9))
    small("a", steps=9, minutes=5.0)
    scored = [row["step"] for row in Run(tmp_path / "a").metrics() if "val_loss" in row]

    assert scored == [9]
    assert Run(tmp_path / "a").status() == "done"


def test_the_metrics_say_what_clipping_did_and_the_norm_of_each_gradient(tmp_path):
    from elman import api
    from elman.runs import Run

    run = api.train("hello", steps=40, clip=1e-3, folder=tmp_path / "r").run
    rows = [row for row in Run(run).metrics() if "norm" in row]
    assert rows and all(row["clipped"] == 1.0 for row in rows)
    names = {name for name, _ in api.open_run(run).model.named_parameters()}
    assert set(rows[-1]["norms"]) == names
    whole = sum(norm**2 for norm in rows[-1]["norms"].values()) ** 0.5
    assert whole <= rows[-1]["norm"] * 1.001  # the largest since the line before
