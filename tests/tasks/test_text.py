"""Text as a task: windows in order, the state carried and put back, a memory that is exact."""

from __future__ import annotations

import pytest
import torch

from elman.data.text import from_text
from elman.errors import DataError
from elman.tasks import TextConfig, TextTask

CONFIG = TextConfig("gru", hidden=8, layers=1, embedding=4, dropout=0.0, batch=2, window=5)
TEXT = "the cat sat on the mat. " * 10


def task(text: str = TEXT, config: TextConfig = CONFIG) -> TextTask:
    torch.manual_seed(0)
    data = from_text(text, text.encode(), name="a", source="a.txt")
    return TextTask(data, config, "gru")


def test_the_state_is_carried_and_a_forgotten_one_starts_again():
    one = task()
    one.loss()
    carried = one.state
    assert not torch.equal(carried, one.start)
    one.forget()
    assert torch.equal(one.state, one.start)


def test_a_restored_task_goes_on_exactly():
    one, two = task(), task()
    for _ in range(3):
        one.loss()
    two.restore(one.arrays(), one.facts())

    for _ in range(60):  # around the end of the text, where rows start again
        assert one.loss().item() == two.loss().item()


def test_a_text_shorter_than_a_window_is_refused():
    with pytest.raises(DataError) as error:
        task("abcdefg")
    assert str(error.value) == (
        "a needs at least 2 characters to be judged by and leaves 1: give a longer text"
    )


def test_figures_and_samples_come_from_the_task():
    one = task()
    sample = one.sample(seed=1, length=30)

    assert len(sample) == 30
    assert one.figures("the cat sat") == {"known_words": 1.0, "longest_copy": 11.0}
    assert one.tokens_per_step == 10
