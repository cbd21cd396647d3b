"""Scenes of games: the way they are said to go is the way that pixels go, and nothing leaks."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from elman.data import games
from elman.data.clips import read_clips


@pytest.fixture(autouse=True)
def short(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path))
    monkeypatch.setattr(games, "TRAINING", range(3))
    monkeypatch.setattr(games, "HELD_OUT", range(1000, 1001))
    monkeypatch.setattr(games, "EPISODE", 700)
    for kept in (games._balls, games._scenes, games._screens):
        kept.cache_clear()
    yield
    for kept in (games._balls, games._scenes, games._screens):
        kept.cache_clear()


def shift(game, frames):
    """By how many columns things move from frame to frame: the ball's, or the best fit of all."""
    if game == "pong":
        ball = (frames[:, :, 24:136] > 200).all(3).any(1)
        columns = [float(np.flatnonzero(row).mean()) for row in ball if row.any()]
        return columns[-1] - columns[0] if len(columns) > 1 else 0
    moving = frames.mean(3) - np.median(frames.mean(3), 0)
    votes = [
        sum(float((np.roll(a, d, 1) * b).sum()) for a, b in pairwise(moving)) for d in range(-8, 9)
    ]
    return int(np.argmax(votes)) - 8


@pytest.mark.parametrize("game", ["freeway", "pong"])
def test_the_label_is_the_way_that_pixels_go(game):
    data = read_clips(game)
    moved = [(shift(game, c.frames()), c.label) for c in (*data.training, *data.validation)]
    right = [(by > 0) == (label == "right") for by, label in moved if by]
    assert len(right) > 30 and np.mean(right) > 0.9


def test_each_scene_is_there_in_both_orders_and_seeds_and_policies_are_on_one_side():
    data = read_clips("games")
    for part in (data.training, data.validation):
        pairs = Counter(clip.key for clip in part)
        assert set(pairs.values()) == {2}
        assert Counter(c.label for c in part)["left"] == len(part) / 2
    one, other = data.training[:2]
    assert one.key == other.key and one.label != other.label
    assert np.array_equal(one.frames(), other.frames()[::-1])
    policies = [{key.split(", ")[-2] for key in (c.key for c in p)} for p in
                (data.training, data.validation)]  # fmt: skip
    assert policies == [{"still", "hold", "jitter"}, {"sweep"}]
    assert not {c.key for c in data.training} & {c.key for c in data.validation}


def test_the_same_seed_plays_the_same_and_no_traffic_is_shown_on_both_sides():
    data = read_clips("freeway")
    again = data.training[5].frames()
    games._screens.cache_clear()
    assert np.array_equal(data.training[5].frames(), again)
    seen = [{f.tobytes() for c in p for f in c.frames()} for p in (data.training, data.validation)]
    shared = seen[0] & seen[1]
    assert not shared


def test_balls_are_kept_and_a_damaged_file_of_them_is_made_anew(tmp_path):
    first = games._balls()
    (file,) = tmp_path.glob("pong-*.bin")
    file.write_bytes(b"short")
    games._balls.cache_clear()
    assert games._balls() == first
