import subprocess
import sys

import pytest
import torch
from torch import nn

from elman.training import adam as adam_module
from elman.training.adam import Adam


def parameters() -> dict[str, nn.Parameter]:
    torch.manual_seed(3)
    return {"W": nn.Parameter(torch.randn(5, 3)), "b": nn.Parameter(torch.randn(5))}


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_it_is_torchs_own_bit_for_bit(decay):
    ours, theirs = parameters(), parameters()
    adam = Adam(ours, {"W"}, decay, (0.8, 0.95))
    groups = [
        {"params": [theirs["W"]], "weight_decay": decay},
        {"params": [theirs["b"]], "weight_decay": 0.0},
    ]
    other = torch.optim.AdamW(groups, betas=(0.8, 0.95), fused=True)
    for number in range(7):
        for name, parameter in ours.items():
            parameter.grad = torch.randn(parameter.shape)
            theirs[name].grad = parameter.grad.clone()
        for group in other.param_groups:
            group["lr"] = 0.1 / (1 + number)
        adam.step(0.1 / (1 + number))
        other.step()

    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert adam.arrays()["adam.step.W"] == 7


def test_moments_are_made_once(monkeypatch):
    here = parameters()
    adam = Adam(here, set())
    made = []
    fresh = adam_module._fresh
    monkeypatch.setattr(adam_module, "_fresh", lambda p: made.append(p) or fresh(p))
    for _ in range(3):
        for parameter in here.values():
            parameter.grad = torch.randn(parameter.shape)
        adam.step(0.1)
    assert len(made) == len(here)


def test_what_has_no_gradient_stays_and_remembers_nothing():
    here = parameters()
    before = here["b"].detach().clone()
    adam = Adam(here, {"W"}, 0.5)
    here["W"].grad = torch.ones(5, 3)
    adam.step(0.1)

    assert torch.equal(here["b"], before)
    assert {name.rpartition(".")[2] for name in adam.arrays()} == {"W"}


def test_a_training_does_not_load_the_compiler_of_torch(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom elman import api\n"
        f"api.train('hello', steps=3, folder=Path({str(tmp_path / 'run')!r}))\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split()[-1] == "False", done.stderr
