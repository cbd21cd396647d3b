"""Measuring: our layers beside others on the same numbers, and beside the machine's own limit."""

from elman.bench import lengths
from elman.bench.layers import SHAPES, Settings, measure
from elman.bench.problem import CELLS
from elman.bench.report import save, tables

__all__ = ["CELLS", "SHAPES", "Settings", "lengths", "measure", "save", "tables"]
