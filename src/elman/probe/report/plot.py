"""Curves as SVG: gradients by lag on a logarithmic scale. Text and lines take the page's color."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 14, 40
# told apart by everybody (M. Okabe and K. Ito, 2008)
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
LOWEST = 1e-12  # shares below it are drawn at the bottom


def curves(lines: Mapping[str, Sequence[float]], across: str, up: str) -> str:
    """An SVG of lines by name, each a value at 0, 1, 2, ... Names that end in `alone` are dashed
    and take the color of the line before.
    """
    shown = {name: [v if math.isfinite(v) else 0.0 for v in line] for name, line in lines.items()}
    values = [max(v, LOWEST) for line in shown.values() for v in line] or [1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    most = max((len(line) for line in shown.values()), default=2) - 1 or 1

    def x(lag: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * lag / most

    def y(value: float) -> float:
        part = (math.log10(max(value, LOWEST)) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(up)} by '
        f'{escape(across)}" font-size="12" fill="currentColor">'
    ]
    every = max(1, (high - low) // 6)
    for power in range(low, high + 1, every):
        at = y(10.0**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="currentColor" '
                     'opacity=".15"/>')  # fmt: skip
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">1e{power}</text>')
    for lag in sorted({round(most * k / 5) for k in range(6)}):
        parts.append(f'<text x="{x(lag):.1f}" y="{HEIGHT - BOTTOM + 16}" '
                     f'text-anchor="middle">{lag}</text>')  # fmt: skip
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" '
                 f'text-anchor="middle">{escape(across)}</text>')  # fmt: skip
    color = -1
    for number, (name, line) in enumerate(shown.items()):
        dashed = name.endswith("alone")
        color += not dashed
        stroke = COLORS[max(0, color) % len(COLORS)]
        path = " ".join(f"{x(k):.1f},{y(v):.1f}" for k, v in enumerate(line))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{stroke}" '
                     f'stroke-width="2"{dash}/>')  # fmt: skip
        at = TOP + 14 + 18 * number
        parts.append(f'<path d="M{WIDTH - RIGHT + 12} {at - 4}h22" stroke="{stroke}" '
                     f'stroke-width="2"{dash}/>')  # fmt: skip
        parts.append(f'<text x="{WIDTH - RIGHT + 40}" y="{at}">{escape(name)}</text>')
    return "".join([*parts, "</svg>"])
