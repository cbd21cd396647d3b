"""Frames of files: which ones are read, how large they are, and what is said of bad files."""

from __future__ import annotations

import av
import numpy as np
import pytest

from elman.data import video
from elman.data.video import read_frames
from elman.errors import DataError
from moving import crossing, encode


def center(frame):
    """The column in the middle of what is bright."""
    return np.average(np.arange(frame.shape[1]), weights=frame.mean((0, 2)) + 1e-6)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.gif"])
def test_frames_come_in_their_order_from_files_of_any_kind(tmp_path, name):
    wanted = crossing(True, 9, 12)
    found = read_frames(encode(tmp_path / name, wanted))
    assert found.shape == wanted.shape and found.dtype == np.uint8
    assert np.abs(found.astype(int) - wanted).mean() < 12
    assert [center(f) for f in found] == pytest.approx([center(f) for f in wanted], abs=1.5)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 31, 33])
def test_of_a_long_clip_frames_are_spread_evenly_over_the_whole(tmp_path, length):
    shades = np.linspace(20, 230, length).astype(np.uint8)
    frames = np.broadcast_to(shades[:, None, None, None], (length, 16, 16, 3)).copy()
    found = read_frames(encode(tmp_path / "a.mkv", frames), 8)
    assert len(found) == min(8, length)
    wanted = np.linspace(shades[0], shades[-1], len(found))
    assert found.mean((1, 2, 3)) == pytest.approx(wanted, abs=2 * 210 / max(length, 8) + 6)


def test_large_frames_are_made_smaller_in_their_shape(tmp_path):
    frames = np.zeros((2, 300, 448, 3), np.uint8)
    assert read_frames(encode(tmp_path / "a.mp4", frames)).shape == (2, 150, 224, 3)


def no_video(path):
    path.write_bytes(b"these are words" * 40)


def a_list(path):
    path.write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n")


def no_frames(path):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=8)
        stream.width = stream.height = 16
        out.start_encoding()


def sound(path):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        silence.sample_rate = 8000
        out.mux(stream.encode(silence))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (no_video, "is no video that can be read (Invalid data found"),
        (a_list, "is no video that can be read"),
        (no_frames, "has no frames in it: leave it out"),
        (sound, "has no pictures in it: give a video"),
        (lambda path: None, "there is no clip"),
    ],
)
def test_what_is_no_clip_gets_one_sentence(tmp_path, make, said):
    path = tmp_path / "a.avi"
    make(path)
    with pytest.raises(DataError) as error:
        read_frames(path)
    assert said in str(error.value) and str(path) in str(error.value)


def test_a_huge_frame_is_not_unpacked_for_learning(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "MOST", 1000)
    with pytest.raises(DataError, match="frames of 32 x 32 pixels, more than 1,000"):
        read_frames(encode(tmp_path / "a.mp4", crossing(True, 2, 3)))
