"""What is seen in frames: blocks against a loop, the network's numbers, and the cache."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.data.clips import Clip
from elman.errors import ConfigError
from elman.tasks import watching
from elman.tasks.watching import WIDTHS, blocks, watch


class Eye:
    """Sees the mean brightness at each place, in the shape of what the real network sees."""

    calls = 0

    def __call__(self, pictures):
        Eye.calls += len(pictures)
        places = torch.nn.functional.adaptive_avg_pool2d(pictures.float() / 255, 7).mean(1)
        grid = places.flatten(1).unsqueeze(2).repeat(1, 1, 320)
        return grid, grid[..., 0].mean(1, keepdim=True).repeat(1, 1280)


@pytest.fixture(autouse=True)
def eye(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(watching, "network", Eye)


def clip(seed, frames=3, backwards=False, shape=(30, 50)):
    shown = np.random.default_rng(seed).integers(0, 255, (frames, *shape, 3)).astype(np.uint8)
    return Clip(f"{seed}", "a", f"{seed}", lambda: shown, backwards)


@pytest.mark.parametrize("size", [24, 48, 96])
def test_a_block_is_the_mean_of_its_pixels(size):
    frames = clip(0, shape=(size, 24)).load()
    found = blocks(frames).reshape(3, 24, 24)
    each = size // 24
    for row, column in ((0, 0), (5, 17), (23, 23)):
        part = frames[1, row * each : (row + 1) * each, column].mean() / 255
        assert float(found[1, row, column]) == pytest.approx(part, abs=1e-3)


def test_blocks_keep_the_mean_whatever_the_shape():
    frames = clip(0, shape=(7, 131)).load()
    assert blocks(frames).mean(1).astype(float) == pytest.approx(
        frames.mean((1, 2, 3)) / 255, abs=2e-3
    )


@pytest.mark.parametrize("looks", ["lite0", "blocks"])
def test_what_was_seen_is_kept_and_backwards_is_the_same_turned_round(looks):
    clips = [clip(1), clip(1, backwards=True), clip(2, 5)]
    Eye.calls = 0
    found = watch(clips, looks)
    assert [x.shape for x in found] == [(n, WIDTHS[looks]) for n in (3, 3, 5)]
    assert np.array_equal(found[0], found[1][::-1])
    assert Eye.calls == (8 if looks == "lite0" else 0)
    again = watch(clips[::-1], looks)
    assert Eye.calls == (8 if looks == "lite0" else 0)
    assert all(np.array_equal(a, b) for a, b in zip(found, again[::-1], strict=True))
    (file,) = (watching.cache_folder()).glob("watched-*.npz")
    file.write_bytes(b"damaged")
    assert np.array_equal(watch(clips, looks)[2], found[2])


def test_the_network_sees_the_whole_frame_on_black():
    bright = Clip("a", "", "a", lambda: np.full((1, 112, 224, 3), 255, np.uint8))
    (found,) = watch([bright], "lite0")
    assert found[0, 0] == pytest.approx(0.5, abs=0.02)


def test_another_way_of_looking_is_refused():
    with pytest.raises(ConfigError, match="looked at by lite0 or blocks, not by 'eyes'"):
        watch([clip(1)], "eyes")
