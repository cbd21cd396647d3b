"""The cell language: text to `Cell`, `Cell` to graph, and back to text, LaTeX and pictures."""

from elman.equations.build import build
from elman.equations.cell import Cell, Parameter, State
from elman.equations.parse import parse
from elman.equations.text import to_text

__all__ = ["Cell", "Parameter", "State", "build", "parse", "to_text"]
