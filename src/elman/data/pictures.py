"""Pictures as files -> squares of bytes, safely, and bytes as files; how alike two of them are.

Nothing larger than `MOST` pixels is unpacked, whatever its file claims. Pillow comes with the extra
`elman[captions]`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError, DataError

MOST = 50_000_000  # pixels
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def read_picture(path: Path, size: int) -> NDArray[np.uint8]:
    """The picture as (3, size, size), whole, on white; DataError says why it cannot be one."""
    images, problem = _library()
    try:
        with images.open(path, formats=_FORMATS) as found:
            if found.width * found.height > MOST:
                raise DataError(
                    f"{path} has {found.width:,} x {found.height:,} pixels, more than {MOST:,}: "
                    "make it smaller"
                )
            picture = found.convert("RGBA")
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"there is no picture {path}: check the path") from error
    except images.DecompressionBombError as error:
        raise DataError(f"{path} unpacks to more than {MOST:,} pixels: make it smaller") from error
    except (problem, OSError, ValueError, SyntaxError) as error:
        raise DataError(
            f"{path} is not a picture that can be read ({error}): leave it out"
        ) from error
    side = max(picture.size)
    square = images.new("RGBA", (side, side), "white")
    square.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(square.convert("RGB").resize((size, size))).transpose(2, 0, 1).copy()


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """The bytes of a PNG file; `pixels` is (height, width, 3)."""
    images, _ = _library()
    out = io.BytesIO()
    images.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def in_a_row(frames: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """Frames (T, height, width, 3) side by side, each made so high."""
    images, _ = _library()
    width = max(1, round(frames.shape[2] * height / frames.shape[1]))
    made = [np.asarray(images.fromarray(one).resize((width, height))) for one in frames]
    return np.concatenate(made, 1)


def _library() -> tuple[Any, type[Exception]]:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ConfigError(
            "pictures need the package pillow: pip install 'elman[captions]'"
        ) from error
    return Image, UnidentifiedImageError


def print_of(picture: NDArray[np.uint8]) -> int:
    """64 bits that change little when a picture does: is each ninth brighter than the next one?"""
    gray = picture.mean(0)
    size = gray.shape[0]
    rows, columns = (np.arange(n + 1) * size // n for n in (8, 9))
    blocks = np.add.reduceat(np.add.reduceat(gray, rows[:-1], 0), columns[:-1], 1)
    bits = (blocks[:, 1:] > blocks[:, :-1]).reshape(-1)
    return int("".join("1" if bit else "0" for bit in bits), 2)


def mirrored_print(picture: NDArray[np.uint8]) -> int:
    """The print of what a mirror shows."""
    return print_of(picture[:, :, ::-1])


def alike(
    prints: Sequence[int],
    mirrored: Sequence[int] = (),
    series: Sequence[str] = (),
    near: int = 4,
) -> list[int]:
    """For each picture the number of the first one that it is alike, directly or by others: in
    its print, in that of one of them mirrored, or in the name of its series, if it has one.
    """
    group = list(range(len(prints)))

    def first(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    firsts: dict[str, int] = {}
    for k, name in enumerate(series):
        if name:
            group[k] = firsts.setdefault(name, k)
    values = np.array(prints, np.uint64)
    for k in range(len(prints)):
        distance = np.bitwise_count(values[:k] ^ values[k])
        if mirrored:
            other_way = np.bitwise_count(values[:k] ^ np.uint64(mirrored[k]))
            distance = np.minimum(distance, other_way)
        for other in np.flatnonzero(distance <= near).tolist():
            a, b = sorted((first(k), first(other)))
            group[b] = a
    return [first(k) for k in range(len(prints))]
