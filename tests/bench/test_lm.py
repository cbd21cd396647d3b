"""The plain torch script learns what Elman's training step learns, step by step."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from elman.bench import lm
from elman.data import TextData
from elman.errors import ConfigError
from elman.tasks import TextConfig
from elman.training import TrainingConfig

LETTERS = "the quick brown fox jumps over the lazy dog\n" * 60
CUT = int(0.9 * len(LETTERS))
TEXT = TextData("text", "here", "", len(LETTERS), 1, LETTERS[:CUT], LETTERS[CUT:])


@pytest.mark.parametrize("short", [{}, {"muon_rate": 3.0, "beta1": 0.5}], ids=["usual", "short"])
@pytest.mark.parametrize(("cell", "gates"), [("lstm", "ifgo"), ("gru", "rzn")])
def test_both_start_alike_and_learn_alike(cell, gates, short):
    # the same weights, so the same losses, but for rounding, until the optimizers have added it up
    config = TextConfig(cell, 16, 1, 8, 0.0, 4, 12)
    training = TrainingConfig(lr=0.01, optimizer="muon", weight_decay=0.05, steps=9, **short)
    ours = lm.Ours(TEXT, config, training)
    theirs = lm.plain(TEXT, config, training)
    names = {"weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "b"}
    layer, other = ours.task.model.recurrent.stack[0], theirs.model
    second = other.recurrent.bias_hh_l0  # of all gates, where a cell has it only of a GRU's last
    with torch.no_grad():
        other.embedding.load_state_dict(ours.task.model.embedding.state_dict())
        other.output.load_state_dict(ours.task.model.output.state_dict())
        for name, kind in names.items():
            parts = [layer.weights()[f"{kind}_{gate}"] for gate in gates]
            getattr(other.recurrent, name).copy_(torch.cat(parts))
    kept = torch.cat([torch.full((16,), float((cell, gate) == ("gru", "n"))) for gate in gates])
    second.register_hook(lambda gradient: gradient * kept)
    pairs = [(ours.step(n / 9), theirs.step(n / 9)) for n in range(9)]
    assert pairs[-1][0] < pairs[0][0]
    for one, two in pairs:
        assert one == pytest.approx(two, abs=2e-3)
    assert ours.task.score() == pytest.approx(theirs.score(rows=1), abs=5e-3)


def test_figures_of_both_and_their_ratio():
    results = lm.measure(TEXT, ("gru",), 10, 1)
    (row,) = results["results"]
    assert row["ratio"] > 0 and set(row["val_loss"]) == {"elman", "torch"}
    assert lm.table(results).row_count == 1


def test_another_seed_starts_both_elsewhere():
    config, training = TextConfig("gru", 8, 1, 8, 0.0, 4, 12), TrainingConfig(lr=0.01, steps=5)

    def first(seed: int) -> tuple[float, float]:
        ours = lm.Ours(TEXT, config, training, seed)
        return ours.step(0.0), lm.plain(TEXT, config, training, seed).step(0.0)

    same, again, other = first(3), first(3), first(4)
    assert same == again
    assert all(a != b for a, b in zip(same, other, strict=True))
    assert lm.measure(TEXT, ("gru",), 5, 1, seed=4)["seed"] == 4


def test_what_cannot_be_measured_is_told():
    with pytest.raises(ConfigError, match="no benchmark of 'mgu': choose from lstm, gru"):
        lm.measure(TEXT, ("mgu",), 10, 1)
    with pytest.raises(ConfigError, match="a training of 2 steps is too short: take 5 or more"):
        lm.measure(TEXT, ("gru",), 2, 1)


def test_the_script_runs_by_itself(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(LETTERS * 4)
    words = [sys.executable, str(lm.script()), str(path), "--steps", "2", "--hidden", "16"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("validation: ")
