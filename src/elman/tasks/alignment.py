"""Where a decoder looked, as a picture: a row for each piece it said, a column for each it read.

In: weights and the pieces. Out: an SVG, or a PNG by way of pillow. Nothing is written that is not
whole.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from elman.errors import ConfigError
from elman.runs import disk

CELL, LETTER, HEAD = 26, 8, 14  # pixels
DARK = (27, 73, 128)


def draw(path: Path, weights: NDArray[Any], said: Sequence[str], read: Sequence[str]) -> None:
    """Write the picture; weights are [said, read]. ConfigError unless it ends in .svg or .png."""
    kind = path.suffix.lower()
    if kind == ".svg":
        raw = to_svg(weights, said, read).encode()
    elif kind == ".png":
        raw = to_png(weights, said, read)
    else:
        raise ConfigError(f"{path} must end in .svg or .png: name it so")
    disk.replace(path, raw)


def _margins(said: Sequence[str], read: Sequence[str]) -> tuple[int, int]:
    left = HEAD + LETTER * max(map(len, said), default=1)
    top = HEAD + LETTER * max(map(len, read), default=1)
    return left, top


def to_svg(weights: NDArray[Any], said: Sequence[str], read: Sequence[str]) -> str:
    """The picture as text."""
    left, top = _margins(said, read)
    wide, high = left + CELL * len(read) + HEAD, top + CELL * len(said) + HEAD
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" font-family="sans-serif" font-size="13">',
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    for k, word in enumerate(read):
        x = left + CELL * k + CELL // 2 + 4
        rows.append(
            f'<text x="{x}" y="{top - 6}" transform="rotate(-90 {x} {top - 6})">'
            f"{escape(word.strip())}</text>"
        )
    for t, word in enumerate(said):
        y = top + CELL * t
        rows.append(
            f'<text x="{left - 6}" y="{y + 18}" text-anchor="end">{escape(word.strip())}</text>'
        )
        for k in range(len(read)):
            share = float(weights[t, k])
            rows.append(
                f'<rect x="{left + CELL * k}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" '
                f'fill="rgb{_shade(share)}"><title>{share:.2f}</title></rect>'
            )
    return "\n".join([*rows, "</svg>", ""])


def _shade(share: float) -> tuple[int, ...]:
    strong = float(np.clip(share, 0.0, 1.0)) ** 0.6
    return tuple(round(240 + (dark - 240) * strong) for dark in DARK)


def to_png(weights: NDArray[Any], said: Sequence[str], read: Sequence[str]) -> bytes:
    """The picture as the bytes of a PNG file."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ConfigError(
            "a .png needs the package pillow: pip install 'elman[captions]', or name an .svg"
        ) from error
    left, top = _margins(said, read)
    wide, high = left + CELL * len(read) + HEAD, top + CELL * len(said) + HEAD
    picture = Image.new("RGB", (wide, high), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for t, word in enumerate(said):
        y = top + CELL * t
        pen.text((left - 6, y + 13), word.strip(), "black", font, anchor="rm")
        for k in range(len(read)):
            x = left + CELL * k
            pen.rectangle((x, y, x + CELL - 2, y + CELL - 2), _shade(float(weights[t, k])))
    for k, word in enumerate(read):
        upright = Image.new("RGB", (top, CELL), "white")
        ImageDraw.Draw(upright).text((6, 13), word.strip(), "black", font, anchor="lm")
        picture.paste(upright.rotate(90, expand=True), (left + CELL * k, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
