"""What the frozen network sees in pictures, worked out once and kept in the cache.

In: files. Out: for each the grid (49 x 320) and the whole (1,280) as `models.lite0` gives them.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.cache import cache_folder, keep
from elman.data.packs import lite0
from elman.data.pictures import read_picture
from elman.errors import DataError
from elman.models.lite0 import GRID, SIZE, WHOLE, Lite0

AT_ONCE = 16  # pictures looked at together
FEW = 64  # pictures that are looked at in a few seconds
NEWS = logging.getLogger(__name__)


class Seen:
    """What was seen, in the order of the pictures."""

    def __init__(self, grid: NDArray[Any], whole: NDArray[Any]) -> None:
        self.grid, self.whole = grid, whole

    def of(self, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Grid and whole of some of them."""
        chosen = np.asarray(numbers, np.int64)
        grid = torch.from_numpy(self.grid[chosen].astype(np.float32))
        return grid, torch.from_numpy(self.whole[chosen].astype(np.float32))

    def nearest(self, number: int, among: Sequence[int]) -> int:
        """Which of some pictures is most like one, by the cosine of what was seen of the whole."""
        others = self.whole[np.asarray(among)].astype(np.float32)
        one = self.whole[number].astype(np.float32)
        cosines = others @ one / (np.linalg.norm(others, axis=1) * np.linalg.norm(one) + 1e-9)
        return among[int(cosines.argmax())]


def network() -> Lite0:
    """The network with its weights; DataError says how to fetch them."""
    return Lite0.read(lite0())


def look(paths: Sequence[Path]) -> Seen:
    """What is seen in these pictures; DataError names one that cannot be read."""
    total = hashlib.sha256()
    for path in paths:
        try:
            total.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            reason = error.strerror or str(error)
            raise DataError(f"{path} cannot be read ({reason}): check the path") from error
    name = f"seen-{total.hexdigest()[:16]}.npz"
    found = _kept(cache_folder() / name, len(paths))
    return found or _looked(paths, name)


def _looked(paths: Sequence[Path], name: str) -> Seen:
    net, grids, wholes = network(), list[NDArray[Any]](), list[NDArray[Any]]()
    if len(paths) > FEW:
        NEWS.info("looking at %s pictures: what is seen in them is kept", f"{len(paths):,}")
    for start in range(0, len(paths), AT_ONCE):
        squares = [read_picture(path, SIZE) for path in paths[start : start + AT_ONCE]]
        grid, whole = net(torch.from_numpy(np.stack(squares)))
        grids.append(grid.numpy().astype(np.float16))
        wholes.append(whole.numpy().astype(np.float16))
    seen = Seen(np.concatenate(grids), np.concatenate(wholes))
    out = io.BytesIO()
    np.savez(out, grid=seen.grid, whole=seen.whole)
    keep(name, out.getvalue())
    return seen


def _kept(path: Path, count: int) -> Seen | None:
    try:
        with np.load(path, allow_pickle=False) as found:
            grid, whole = found["grid"], found["whole"]
    except (OSError, ValueError, KeyError, EOFError):
        return None
    fits = grid.shape == (count, 49, GRID) and whole.shape == (count, WHOLE)
    return Seen(grid, whole) if fits else None
