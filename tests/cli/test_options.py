"""Options that trainings share are fields of every task's command."""

from __future__ import annotations

import dataclasses

import pytest

from elman.cli._options import TrainingOptions
from elman.cli.train import labels, translation


@pytest.mark.parametrize("command", [labels, translation])
def test_a_training_takes_what_all_take(command):
    shared = {field.name for field in dataclasses.fields(TrainingOptions)}
    assert shared < {field.name for field in dataclasses.fields(command.Options)}
    assert command.Options(data="a").cell is None
