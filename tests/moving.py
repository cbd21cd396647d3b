"""Clips made in a test: a bright square that crosses a small picture."""

from __future__ import annotations

import av
import numpy as np


def crossing(right, frames, row, size=32):
    """Frames (T, size, size, 3) of a square that moves by a step a frame."""
    found = np.zeros((frames, size, size, 3), np.uint8)
    for t in range(frames):
        step = t if right else frames - 1 - t
        left = 2 + step * (size - 12) // max(1, frames - 1)
        found[t, row : row + 8, left : left + 8] = (250, 200, 40)
    return found


def encode(path, frames, codec="mpeg4"):
    """Write frames as a video; the format follows from the ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        gif = path.suffix == ".gif"
        stream = out.add_stream("gif" if gif else codec, rate=8)
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = "rgb8" if gif else "yuv420p"
        for frame in frames:
            made = av.VideoFrame.from_ndarray(frame, format="rgb24")
            out.mux(stream.encode(made.reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    return path


def labeled(folder, count=40):
    """A folder of clips of uneven length: `left` and `right`, every third of them a GIF."""
    rng = np.random.default_rng(0)
    for k in range(count):
        way = ("left", "right")[k % 2]
        frames = crossing(way == "right", int(rng.integers(6, 11)), int(rng.integers(0, 24)))
        encode(folder / way / f"{k}{'.mp4' if k % 3 else '.gif'}", frames)
    return folder
