"""Labels per step and per sequence: learned, exact in going on, and what is said of bad files."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from elman import api, cells
from elman.cli import main
from elman.errors import ConfigError, DataError
from elman.tasks import labels
from elman.tasks.labels import KIND, LabelSource, mean_f1
from few_cells import ANY_CELL


def write_tags(path, count=60):
    """Each step's label is the last 'up' or 'down' before it: only a memory can tell."""
    rng = np.random.default_rng(0)
    lines = ["sequence,word,label"]
    for k in range(count):
        last = "none"
        for word in rng.choice(["a", "up", "down"], rng.integers(3, 8)):
            lines.append(f"{k},{word},{last}")
            last = word if word != "a" else last
    path.write_text("\n".join(lines) + "\n")
    return path


def write_vowels(path, count=45):
    """Curves in four dimensions, of uneven length, that turn at three speeds."""
    rng = np.random.default_rng(1)
    lines = ["@problemName vowels", "@equalLength false", "@classLabel true a i u", "@data"]
    for k in range(count):
        turns = 0.3 + 0.4 * (k % 3)
        steps = np.arange(rng.integers(7, 15)) * turns
        rows = [np.sin(steps + d) + rng.normal(0, 0.1, len(steps)) for d in range(4)]
        lines.append(
            ":".join(",".join(f"{v:.3f}" for v in row) for row in rows) + f":{'aiu'[k % 3]}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def test_steps_are_labeled_by_what_came_before_them(tmp_path):
    data = write_tags(tmp_path / "tags.csv")
    trained = api.train(data, task="labels", per="step", steps=80, folder=tmp_path / "run")
    found = api.evaluate(trained.run)

    assert found["figures"]["accuracy"] > 0.9
    (baseline,) = found["baselines"].values()
    assert baseline["accuracy"] < 0.6
    (said,) = api.predict(trained.run, ["up a down a"])
    assert said.facts["labels"] == ["none", "up", "up", "down"]
    assert found["val_loss"] == pytest.approx(trained.val_loss, abs=1e-6)


def test_sequences_of_uneven_length_are_told_apart_and_a_file_is_labeled(tmp_path, capsys):
    data = write_vowels(tmp_path / "vowels.ts")
    run = str(tmp_path / "run")
    assert main(["train", "labels", str(data), "--steps", "60", "--run", run, "--quiet"]) == 0
    assert "always '" in capsys.readouterr().out
    assert main(["predict", run, str(data), "--out", str(tmp_path / "out.csv")]) == 0
    head, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert head == "input,step,label,probability" and len(rows) == 45
    assert np.mean([row.split(",")[-2] == "aiu"[k % 3] for k, row in enumerate(rows)]) > 0.8
    capsys.readouterr()
    assert main(["evaluate", run, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["accuracy"] >= 0.75
    assert {example["right"] for example in found["examples"]} <= {"a", "i", "u"}


@pytest.mark.parametrize("per", ["step", "sequence"])
def test_a_stopped_training_goes_on_exactly(goes_on, tmp_path, per):
    data = write_tags if per == "step" else write_vowels
    file = data(tmp_path / ("d.csv" if per == "step" else "d.ts"))
    run = goes_on("labels", file, per=per, batch=4, hidden=8)
    assert api.resume(run) is None


@pytest.mark.parametrize("cell", ANY_CELL)
def test_any_cell_labels(tmp_path, cell):
    source = LabelSource(str(write_tags(tmp_path / "tags.csv", 12)), "", "step")
    data = KIND.read(source)
    config = KIND.recipe(data, 0.0, 1)[0]
    torch.manual_seed(0)
    task = KIND.task(data, source, config, cells.get(cell), None)
    loss = task.loss()
    loss.backward()
    assert math.isfinite(loss.item())
    assert all(p.grad is not None for p in task.model.output.parameters())


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_label_develops_as_if_the_sequence_ended_at_each_step(tmp_path, bidirectional):
    data = write_vowels(tmp_path / "vowels.ts")
    run = api.train(
        data, task="labels", steps=2, folder=tmp_path / "run", bidirectional=bidirectional
    ).run
    opened = api.open_run(run)
    example = opened.data.validation[0]
    at, scores = opened.skill.course(example)
    x = torch.from_numpy(opened.vocabulary.steps(example))[:, None]
    with torch.no_grad():
        whole = opened.model(x, torch.tensor([len(x)])).softmax(-1)[:, 0]
    assert at == list(range(1, len(x) + 1))
    torch.testing.assert_close(scores[-1], whole[-1])
    # only what reads from one end has not seen the rest
    assert torch.allclose(scores, whole, atol=1e-5) != bidirectional


def test_of_a_long_sequence_some_beginnings_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(labels, "BEGINNINGS", 3)
    run = api.train(
        write_vowels(tmp_path / "vowels.ts"), task="labels", steps=1, folder=tmp_path / "run"
    ).run
    opened = api.open_run(run)
    example = opened.data.validation[0]
    at, scores = opened.skill.course(example)
    assert at[0] == 1 and at[-1] == len(example.steps) and len(at) == len(scores) == 3


def test_mean_f1_is_what_counting_by_hand_gives():
    truth, guesses = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert mean_f1(truth, guesses) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_a_label_that_was_never_seen_is_named(tmp_path):
    data = write_vowels(tmp_path / "vowels.ts")
    trained = api.train(data, task="labels", steps=1, folder=tmp_path / "run")
    other = tmp_path / "other.ts"
    other.write_text(data.read_text().replace(":u\n", ":o\n"))
    with pytest.raises(DataError) as error:
        api.evaluate(trained.run, other)
    assert "has the label 'o', which was never seen in training (known are a, i, u)" in str(
        error.value
    )


def test_wrong_wishes_get_a_sentence_and_leave_nothing_behind(tmp_path):
    data = write_vowels(tmp_path / "vowels.ts")
    with pytest.raises(ConfigError, match="labels are per step or per sequence, not per 'row'"):
        api.train(data, task="labels", per="row", steps=1, folder=tmp_path / "run")
    with pytest.raises(DataError, match="one label per sequence: take --per sequence"):
        api.train(data, task="labels", per="step", steps=1, folder=tmp_path / "run")
    with pytest.raises(ConfigError, match="see elman train labels --help"):
        api.train(data, task="labels", colour=1, steps=1, folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    trained = api.train(data, task="labels", steps=1, folder=tmp_path / "run")
    with pytest.raises(DataError, match=r"there is no file no\.ts: check the path"):
        list(api.predict(trained.run, ["no.ts"]))
