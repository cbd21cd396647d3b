"""A plot of a comparison as SVG: for each task a row of cells, the mean and its interval."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LEFT, TOP, ROW, WIDTH, RIGHT = 130, 34, 22, 380, 70
INK, FAINT, MARK = "#1d1d1f", "#d0d0d5", "#2b6cb0"


def draw(report: Mapping[str, Any]) -> str:
    """The picture, one part below the other; accuracies from 0 to the largest."""
    parts, y = list[str](), 8
    for task in report["tasks"]:
        rows = [row for row in report["rows"] if row["task"] == task and row["all"]]
        parts += _part(task, rows, y)
        y += TOP + ROW * len(rows) + 30
    width = LEFT + WIDTH + RIGHT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" '
        f'height="{y}" font-family="sans-serif" font-size="12" fill="{INK}">'
    )
    return "\n".join(
        [head, f'<rect width="{width}" height="{y}" fill="white"/>', *parts, "</svg>\n"]
    )


def _part(task: str, rows: Sequence[Mapping[str, Any]], y: float) -> Iterator[str]:
    most = max((row["best"] for row in rows), default=1.0) or 1.0
    top = math.ceil(most * 10) / 10
    bottom = y + TOP + ROW * len(rows)
    yield f'<text x="{LEFT}" y="{y + 14}" font-weight="bold">{html.escape(task)}: accuracy</text>'
    for tick in range(6):
        value, x = top * tick / 5, LEFT + WIDTH * tick / 5
        yield f'<line x1="{x:.1f}" y1="{y + 24}" x2="{x:.1f}" y2="{bottom}" stroke="{FAINT}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{value:.2f}</text>'
    for place, row in enumerate(rows):
        yield from _line(row, y + TOP + ROW * (place + 0.5), top)


def _line(row: Mapping[str, Any], y: float, top: float) -> Iterator[str]:
    def x(value: float) -> float:
        return LEFT + WIDTH * min(max(value / top, 0.0), 1.0)

    name = html.escape(label(row))
    yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
    mean, half = row["mean"], row["interval"]
    if half is not None and math.isfinite(half):
        ends = f'x1="{x(mean - half):.1f}" x2="{x(mean + half):.1f}"'
        yield f'<line {ends} y1="{y:.1f}" y2="{y:.1f}" stroke="{MARK}" stroke-width="3"/>'
    yield f'<circle cx="{x(mean):.1f}" cy="{y:.1f}" r="4" fill="{MARK}"/>'
    yield f'<text x="{LEFT + WIDTH + 8}" y="{y + 4:.1f}">{mean:.4f}</text>'


def label(row: Mapping[str, Any]) -> str:
    """A cell, with its depth and width where those vary."""
    return f"{row['cell']} {row['depth']} x {row['width']}" if row["width"] else str(row["cell"])
