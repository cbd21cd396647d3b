"""What is seen is worked out once, and the likest picture is found."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from elman.errors import DataError
from elman.tasks import seeing


def test_a_second_look_comes_from_the_cache(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "elman")
    monkeypatch.setattr(seeing, "FEW", 2)
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    for k in range(3):
        Image.new("RGB", (30, 20), (80 * k, 20, 20)).save(tmp_path / f"{k}.png")
    paths = [tmp_path / f"{k}.png" for k in range(3)]
    with pytest.raises(DataError, match="run: elman data get lite0"):
        seeing.look(paths)

    def see(pictures):
        level = pictures.float().mean((1, 2, 3))[:, None]
        return level[:, None].expand(-1, 49, 320), level.expand(-1, 1280)

    monkeypatch.setattr(seeing, "network", lambda: see)
    first = seeing.look(paths)
    monkeypatch.setattr(seeing, "network", lambda: pytest.fail("looked again"))
    again = seeing.look(paths)
    assert caplog.messages == ["looking at 3 pictures: what is seen in them is kept"]
    assert np.array_equal(first.grid, again.grid)
    assert again.of([2, 0])[1].shape == (2, 1280)


def test_the_nearest_is_by_the_cosine():
    whole = np.array([[1, 0], [10, 1], [0, 1]], np.float16)
    assert seeing.Seen(np.zeros((3, 49, 1)), whole).nearest(0, [1, 2]) == 1
    assert isinstance(seeing.Seen(np.zeros((3, 49, 1)), whole).of([1])[0], torch.Tensor)
