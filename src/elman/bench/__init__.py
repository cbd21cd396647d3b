"""Measuring: our layers beside others on the same numbers, and beside the machine's own limit."""

from elman.bench import growth, lengths, lm, memory, roofline, steps, streams
from elman.bench.layers import CELLS, OTHERS, SHAPES, WIDE, Settings, measure
from elman.bench.report import save, tables

__all__ = [
    "CELLS",
    "OTHERS",
    "SHAPES",
    "WIDE",
    "Settings",
    "growth",
    "lengths",
    "lm",
    "measure",
    "memory",
    "roofline",
    "save",
    "steps",
    "streams",
    "tables",
]
