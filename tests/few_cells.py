"""The cells that every task is tried with; `make prove` takes the whole shelf."""

from __future__ import annotations

import pytest

from elman import cells

# two states, x like h, a third size, four states, an output wider than the states
FEW_CELLS = ("lstm", "mut1", "lstm_projected", "slstm", "intersection")
ANY_CELL = [
    pytest.param(name, marks=() if name in FEW_CELLS else pytest.mark.prove)
    for name in cells.names()
]
