"""The plot of a comparison."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from elman.search.chart import LEFT, WIDTH, draw, label


def row(cell, mean, half, task="xml", width=0):
    return {"cell": cell, "task": task, "depth": 1, "width": width, "all": [mean], "best": mean,
            "mean": mean, "interval": half}  # fmt: skip


def test_every_cell_is_a_dot_at_its_mean_with_its_interval():
    rows = [row("gru", 0.4, 0.1), row("a<b", 0.8, math.inf), row("x", 0.2, 0.05, "text")]
    tree = ET.fromstring(draw({"tasks": ["xml", "text"], "rows": rows}))
    dots = [float(e.get("cx")) for e in tree.iter() if e.tag.endswith("circle")]
    assert dots == [LEFT + WIDTH * share for share in (0.5, 1.0, 1.0)]
    bars = [e for e in tree.iter() if e.get("stroke-width") == "3"]
    assert len(bars) == 2
    assert float(bars[0].get("x1")) < dots[0] < float(bars[0].get("x2"))
    said = [e.text for e in tree.iter() if e.tag.endswith("text")]
    assert "a<b" in said and "text: accuracy" in said


def test_depth_and_width_are_named_where_they_vary():
    assert label(row("gru", 0.4, 0.1)) == "gru"
    assert label(row("gru", 0.4, 0.1, width=32)) == "gru 1 x 32"
