"""What is seen in clips, frame by frame, worked out once and kept in the cache.

In: clips. Out: for each a row of numbers per frame, by one of two frozen ways of looking: `lite0`,
the network that captions use (its 1,280 numbers for the whole, and 8 for each of 7 x 7 places),
or `blocks`, the mean brightness of 24 x 24 blocks less their median, where things are too small for
that network.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman.cache import cache_folder, keep
from elman.data.clips import Clip
from elman.errors import ConfigError
from elman.models.lite0 import GRID, SIZE, WHOLE
from elman.tasks.seeing import AT_ONCE, network

FEW = 16  # clips that are watched in a few seconds
NEWS = logging.getLogger(__name__)
LOOKS = ("lite0", "blocks")
BLOCKS, PLACES, EACH = 24, 49, 8
WIDTHS = {"lite0": WHOLE + PLACES * EACH, "blocks": BLOCKS * BLOCKS}


def watch(clips: Sequence[Clip], looks: str) -> list[NDArray[np.float32]]:
    """Numbers (T, D) for each clip; DataError names one that cannot be read."""
    if looks not in LOOKS:
        raise ConfigError(f"frames are looked at by {' or '.join(LOOKS)}, not by {looks!r}")
    firsts = {clip.key: clip for clip in reversed(clips)}
    order = sorted(firsts)
    name = f"watched-{hashlib.sha256(chr(0).join([looks, *order]).encode()).hexdigest()[:16]}.npz"
    rows = _kept(cache_folder() / name, len(order), WIDTHS[looks])
    if rows is None:
        # in the order given, for neighbors may be played together
        found = dict(zip(firsts, _seen(list(firsts.values()), looks), strict=True))
        rows = [found[key] for key in order]
        out = io.BytesIO()
        np.savez(out, lengths=[len(row) for row in rows], rows=np.concatenate(rows))
        keep(name, out.getvalue())
    if looks == "blocks":  # what stands out is seen, whatever the background
        rows = [row - np.median(row, 1, keepdims=True) for row in rows]
    by_key = dict(zip(order, rows, strict=True))
    return [by_key[clip.key][:: -1 if clip.backwards else 1].astype(np.float32) for clip in clips]


def _seen(clips: Sequence[Clip], looks: str) -> Iterator[NDArray[np.float16]]:
    net = network() if looks == "lite0" else None
    if len(clips) > FEW:
        NEWS.info("watching %s clips: what is seen in them is kept", f"{len(clips):,}")
    for clip in clips:
        frames = clip.load()
        if net is None:
            yield blocks(frames)
            continue
        squares = np.stack([_square(frame) for frame in frames])
        parts = list[NDArray[np.float16]]()
        for start in range(0, len(squares), AT_ONCE):
            grid, whole = net(torch.from_numpy(squares[start : start + AT_ONCE]))
            places = (grid.numpy() @ _projection()).reshape(len(grid), -1)
            parts.append(np.concatenate([whole.numpy(), places], 1).astype(np.float16))
        yield np.concatenate(parts)


def blocks(frames: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Mean brightness, from 0 to 1, of 24 x 24 blocks of each frame (T, height, width, 3)."""
    across, down = (_shares(frames.shape[axis]) for axis in (2, 1))
    found = down @ frames.mean(3, dtype=np.float32) @ across.T
    return (found.reshape(len(frames), -1) / 255).astype(np.float16)


def _shares(size: int) -> NDArray[np.float32]:
    """How much of each pixel lies in each block, as shares of the block: (BLOCKS, size)."""
    edges = np.linspace(0, size, BLOCKS + 1)
    left, pixel = edges[:-1, None], np.arange(size)
    inside = np.minimum(edges[1:, None], pixel + 1) - np.maximum(left, pixel)
    return (np.clip(inside, 0, None) * BLOCKS / size).astype(np.float32)


def _square(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole frame on black, (3, SIZE, SIZE)."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError("clips need the package pillow: pip install 'elman[video]'") from error
    side = max(frame.shape[:2])
    square = np.zeros((side, side, 3), np.uint8)
    top, left = ((side - size) // 2 for size in frame.shape[:2])
    square[top : top + frame.shape[0], left : left + frame.shape[1]] = frame
    return np.asarray(Image.fromarray(square).resize((SIZE, SIZE))).transpose(2, 0, 1).copy()


def _projection() -> NDArray[np.float32]:
    """A fixed random matrix: 8 numbers of the 320 at a place keep roughly how far places differ."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((GRID, EACH)) / np.sqrt(EACH)).astype(np.float32)


def _kept(path: Path, count: int, width: int) -> list[NDArray[Any]] | None:
    try:
        with np.load(path, allow_pickle=False) as found:
            lengths, rows = found["lengths"], found["rows"]
    except (OSError, ValueError, KeyError, EOFError):
        return None
    if len(lengths) != count or rows.shape != (lengths.sum(), width):
        return None
    return np.split(rows, np.cumsum(lengths)[:-1])
