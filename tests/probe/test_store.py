"""Readings in folders: whole or absent, mapped into memory, as docs say."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import RunError
from elman.probe.reading import Reading, cached, read
from elman.probe.store import FACTS, KEEP


def test_a_folder_holds_the_same_and_can_be_mapped(build, vocabulary, text, tmp_path):
    told: list[float] = []
    inside = read(build(), vocabulary, text)
    outside = read(
        build(), vocabulary, text, folder=tmp_path / "new" / "r", step=7, progress=told.append
    )
    again = Reading.open(tmp_path / "new" / "r")
    assert told[-1] == 1.0 and told == sorted(told)
    assert isinstance(again.tracks["c.1"].values, np.memmap)
    assert (again.text, again.step, again.alphabet) == (text, 7, inside.alphabet)
    for address, track in inside.tracks.items():
        assert np.array_equal(track.values, again.tracks[address].values)
        assert np.array_equal(track.values, outside.tracks[address].values)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["r"]


def test_one_unit_lies_in_one_piece_behind_128_bytes(build, vocabulary, text, tmp_path):
    """As the page about the files says."""
    reading = read(build(), vocabulary, text, folder=tmp_path / "r")
    raw = (tmp_path / "r" / "h.1.npy").read_bytes()
    start = 128 + 2 * (5 * len(text) + 10)
    assert np.array_equal(
        np.frombuffer(raw[start : start + 40], np.float16), reading.unit("h.1.5")[10:30]
    )


def test_a_damaged_folder_is_told(build, vocabulary, text, tmp_path):
    read(build(), vocabulary, text, folder=tmp_path / "r")
    (tmp_path / "r" / "h.0.npy").write_bytes(b"")
    assert (tmp_path / "r" / FACTS).is_file()
    with pytest.raises(RunError, match=r"is damaged .* delete the folder and read the text again"):
        Reading.open(tmp_path / "r")


def test_a_reading_that_fails_leaves_nothing(build, vocabulary, text, tmp_path):
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(build(), vocabulary, text, folder=tmp_path / "r", progress=stop)
    assert not list(tmp_path.iterdir())


def test_a_reading_is_made_once_and_again_if_it_is_damaged(build, vocabulary, text, tmp_path):
    told: list[float] = []
    one = cached(tmp_path, build(), vocabulary, text, step=3, progress=told.append)
    count = len(told)
    again = cached(tmp_path, build(), vocabulary, text, step=3, progress=told.append)
    assert len(told) == count and again.folder == one.folder
    (one.folder / "h.0.npy").write_bytes(b"")
    cached(tmp_path, build(), vocabulary, text, step=3, progress=told.append)
    assert len(told) == 2 * count and Reading.open(one.folder).step == 3
    other = cached(tmp_path, build(), vocabulary, text, step=4)
    assert other.folder != one.folder


def test_only_the_latest_readings_stay(build, vocabulary, text, tmp_path):
    model = build("rnn", 1)
    for length in range(30, 30 + KEEP + 3):
        cached(tmp_path, model, vocabulary, text[:length])
    left = list((tmp_path / "probes").iterdir())
    assert len(left) == KEEP
    assert {len(Reading.open(folder)) for folder in left} == {*range(33, 33 + KEEP)}
