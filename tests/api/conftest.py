"""A run on a small text, for the calls that use one."""

from __future__ import annotations

import pytest

from elman import api

TEXT = "the cat sat on the mat. a dog ran to the red barn.\n" * 20


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The folder of a run on TEXT, which lies beside it."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "text.txt").write_text(TEXT)
    sizes = {"hidden": 8, "batch": 2, "window": 8}
    api.train(folder / "text.txt", steps=6, folder=folder / "run", **sizes)
    return folder / "run"
