"""Where a captioner looked, as a picture: the picture again for each word, glowing where it looked.

In: a square picture, the words, and their weights over a grid of places. Out: a PNG, or an SVG that
holds the same panels. Nothing is written that is not whole.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError
from elman.runs import disk

PANEL, GAP, LINE, ACROSS = 168, 12, 24, 6  # pixels; and panels in a row
GLOW, STRENGTH = (255, 120, 0), 0.75
Panels = list[tuple[str, NDArray[np.uint8]]]


def draw(
    path: Path, picture: NDArray[np.uint8], weights: NDArray[Any], said: Sequence[str]
) -> None:
    """Write it; `picture` is (3, size, size), `weights` [said, places], row by row of a square.

    ConfigError unless `path` ends in .svg or .png.
    """
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise ConfigError(f"{path} must end in .svg or .png: name it so")
    shown = panels(picture, weights, said)
    disk.replace(path, to_svg(shown).encode() if kind == ".svg" else to_png(shown))


def panels(picture: NDArray[np.uint8], weights: NDArray[Any], said: Sequence[str]) -> Panels:
    """The picture as it is, then one for each word, as (PANEL, PANEL, 3)."""
    from PIL import Image

    whole = Image.fromarray(picture.transpose(1, 2, 0)).resize((PANEL, PANEL))
    plain = np.asarray(whole).astype(np.float32)
    glow, found = np.array(GLOW, np.float32), [("", np.asarray(whole))]
    for word, row in zip(said, weights, strict=True):
        side = math.isqrt(len(row))
        share = np.asarray(row, np.float32).reshape(side, side)
        spread = Image.fromarray(share / max(float(share.max()), 1e-9)).resize(
            (PANEL, PANEL), Image.Resampling.BICUBIC
        )
        strong = STRENGTH * np.clip(np.asarray(spread), 0, 1)[..., None]
        gray = 0.5 * plain.mean(-1, keepdims=True) + 0.5 * plain
        found.append((word, (gray * (1 - strong) + glow * strong).astype(np.uint8)))
    return found


def _places(count: int) -> tuple[list[tuple[int, int]], int, int]:
    """The corner of each panel, and the size of the whole."""
    across = min(count, ACROSS)
    corners = [
        (GAP + k % across * (PANEL + GAP), GAP + k // across * (PANEL + LINE + GAP))
        for k in range(count)
    ]
    down = -(-count // across)
    return corners, GAP + across * (PANEL + GAP), GAP + down * (PANEL + LINE + GAP)


def to_png(shown: Panels) -> bytes:
    """The panels and their words as the bytes of a PNG file."""
    from PIL import Image, ImageDraw, ImageFont

    corners, wide, high = _places(len(shown))
    page = Image.new("RGB", (wide, high), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for (x, y), (word, pixels) in zip(corners, shown, strict=True):
        page.paste(Image.fromarray(pixels), (x, y))
        pen.text((x + PANEL // 2, y + PANEL + LINE // 2), word, "black", font, anchor="mm")
    return _png(page)


def to_svg(shown: Panels) -> str:
    """The panels and their words as text."""
    from PIL import Image

    corners, wide, high = _places(len(shown))
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" font-family="sans-serif" font-size="15" text-anchor="middle">',
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    for (x, y), (word, pixels) in zip(corners, shown, strict=True):
        inside = base64.b64encode(_png(Image.fromarray(pixels))).decode()
        rows.append(
            f'<image x="{x}" y="{y}" width="{PANEL}" height="{PANEL}" '
            f'href="data:image/png;base64,{inside}"/>'
            f'<text x="{x + PANEL // 2}" y="{y + PANEL + LINE - 7}">{escape(word)}</text>'
        )
    return "\n".join([*rows, "</svg>", ""])


def _png(page: Any) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
