"""A text that can be learned in a moment, and trainings on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elman import api

LINES = "the cat sat on the mat.\nthe king sat on the wall.\nall the men saw the cat.\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(LINES * 12, encoding="utf-8")
    return path


@pytest.fixture
def small(text: Path, tmp_path: Path) -> Callable[..., api.Trained]:
    """`small("a", steps=9)` trains a tiny model into the folder `a`."""

    def train(name: str, **options: Any) -> api.Trained:
        sizes = {"hidden": 8, "embedding": 4, "batch": 3, "window": 6, "log_every": 2, "looks": 3}
        options = {"steps": 9, "dropout": 0.2, "sample_length": 12, **sizes, **options}
        return api.train(text, folder=tmp_path / name, **options)

    return train
