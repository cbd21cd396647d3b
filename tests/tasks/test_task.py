"""The protocol of a task, and that the text task keeps it."""

from __future__ import annotations

from elman import data
from elman.tasks.task import Task
from elman.tasks.text import TextConfig, TextTask


def test_the_text_task_has_all_that_the_trainer_asks_for():
    wanted = {name for name in vars(Task) if not name.startswith("_")}
    wanted |= set(Task.__annotations__)
    task = TextTask(data.load("hello"), TextConfig("rnn", 3, 1, 0, 0.0, 1, 4), "rnn")
    assert wanted
    assert not {name for name in wanted if not hasattr(task, name)}
