"""Training by task: options reach data, model and training, and what comes back says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from elman.api.training import resume, train
from elman.errors import ConfigError
from elman.runs import Run


def test_options_reach_the_tables_that_they_belong_to(tmp_path):
    (tmp_path / "a.tex").write_text("a cat and a dog and a bird. " * 20)
    trained = train(
        tmp_path, include=["*.tex"], steps=2, hidden=4, batch=2, window=6, lr=0.5,
        folder=tmp_path / "run",
    )  # fmt: skip
    tables = Run(trained.run).config()

    assert tables["task"] == "text"
    assert tables["data"]["include"] == ["*.tex"]
    assert Path(tables["data"]["data"]).is_absolute()
    assert (tables["model"]["hidden"], tables["training"]["lr"]) == (4, 0.5)
    assert trained.unit == "characters" and "unit" not in trained.to_dict()


def test_a_task_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="there is no task 'poems': there are text"):
        train("hello", task="poems")


def test_a_finished_run_has_nothing_left(written):
    assert resume(written) is None
