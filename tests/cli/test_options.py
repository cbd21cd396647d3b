"""Options that several commands share: fields of trainings, and lists with commas."""

from __future__ import annotations

import dataclasses

import pytest

from elman.cli._options import TrainingOptions, listed
from elman.cli.train import labels, translation


@pytest.mark.parametrize("command", [labels, translation])
def test_a_training_takes_what_all_take(command):
    shared = {field.name for field in dataclasses.fields(TrainingOptions)}
    assert shared < {field.name for field in dataclasses.fields(command.Options)}
    assert command.Options(data="a").cell is None


def test_words_are_listed_with_commas():
    assert listed("arithmetic, xml,,text:my file.txt ") == ("arithmetic", "xml", "text:my file.txt")
    assert listed("") == ()
