"""An open run: its weights, its data, and what is said when a file of it is gone."""

from __future__ import annotations

import shutil

import pytest

from elman.api.opened import open_run
from elman.errors import RunError


def test_an_open_run_knows_its_text_and_writes(written):
    opened = open_run(written)

    assert opened.text is opened.data and opened.data.name == "text.txt"
    assert len("".join(opened.sample(5, seed=1))) == 5
    assert not opened.model.training and len(opened.vocabulary) > 10


def test_a_text_run_predicts_nothing_and_says_what_it_does(written):
    with pytest.raises(RunError, match="this run writes text: let it, with elman sample"):
        open_run(written).predict(["a.png"])


@pytest.mark.parametrize(
    ("name", "message"),
    [("cell.eq", "has lost its equations"), ("vocabulary.json", "has lost its vocabulary.json")],
)
def test_a_lost_file_is_named(written, tmp_path, name, message):
    shutil.copytree(written, tmp_path / "run")
    (tmp_path / "run" / name).unlink()
    with pytest.raises(RunError, match=message):
        open_run(tmp_path / "run")
