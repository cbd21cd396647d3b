"""The figures of a run as a roofline: how near everybody comes to what the machine allows.

A point is a training step of a cell at a shape by a candidate: across, how many operations there
are for each byte that must be moved; up, how many it does in a second. Nothing can be above the
roof: the slope is the memory's, the flat part that of products (S. Williams, A. Waterman and D.
Patterson, Communications of the ACM 52, 2009).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elman.bench.report import TITLES
from elman.errors import ConfigError

KINDS = (".png", ".svg", ".pdf")
MARKS = "osD^vP*X"


def can_draw(path: Path) -> None:
    """ConfigError unless a plot can be written there."""
    if path.suffix not in KINDS:
        raise ConfigError(f"a plot is a file that ends in {', '.join(KINDS)}, not {str(path)!r}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError('plots need matplotlib: pip install "elman[bench]"')


def draw(results: Mapping[str, Any], path: Path) -> Path:
    """Draw the results of `layers.measure`."""
    can_draw(path)
    figure_of: Any = importlib.import_module("matplotlib.figure").Figure
    figure = figure_of(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    _points(axes, results)
    about = results["machine"]
    _roof(axes, results["limit"][str(about["threads"])])
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="operations for each byte that must be moved",
        ylabel="GFLOP/s, products alone",
        title=f"A training step on {about['processor']}, threads: {about['threads']}",
    )
    axes.legend(loc="lower right", fontsize="small", ncols=2)
    axes.grid(which="major", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return path


def _points(axes: Any, results: Mapping[str, Any]) -> None:
    """A color for each candidate, a mark for each cell."""
    rows = results["results"]
    names = list(dict.fromkeys(name for row in rows for name in row["candidates"]))
    cells = list(dict.fromkeys(row["cell"] for row in rows))
    titles = {"elman": "elman", **{name: title for name, (title, _) in TITLES.items()}}
    for number, name in enumerate(names):
        axes.scatter([], [], color=f"C{number}", label=titles[name])
    for mark, cell in zip(MARKS, cells, strict=False):
        axes.scatter([], [], color="black", marker=mark, facecolors="none", label=cell)
    for row in rows:
        mark = MARKS[cells.index(row["cell"]) % len(MARKS)]
        for name, figures in row["candidates"].items():
            axes.scatter(
                row["operations"] / row["bytes"],
                figures["gflops"],
                color=f"C{names.index(name)}",
                marker=mark,
                s=60 if name == "elman" else 25,
                alpha=0.8,
            )


def _roof(axes: Any, limit: Mapping[str, float]) -> None:
    """What memory and products allow, in fp32 and in bf16, over all that is shown."""
    left, right = axes.get_xlim()
    left, right = min(left, 1.0), max(right, 1e3)
    kinds = [("fp32", limit["limit"], "-"), ("bf16", limit["bf16"], ":")]
    # processors without bf16 are slower with it: no roof
    for kind, most, style in kinds[: 1 + (limit["bf16"] > limit["limit"])]:
        corner = most / limit["memory"]
        xs = [left, corner, right]
        ys = [left * limit["memory"], most, most]
        axes.plot(xs, ys, color="gray", linestyle=style)
        axes.annotate(
            f"{kind} products: {most:.0f} GFLOP/s", (right, most), ha="right", va="bottom"
        )
    memory = limit["memory"]
    axes.annotate(f"memory: {memory:.1f} GB/s", (left, left * memory), ha="left", va="bottom")
    axes.set_xlim(left, right)
