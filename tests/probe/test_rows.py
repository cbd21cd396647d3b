"""Rows read side by side are one reading."""

from __future__ import annotations

import numpy as np
import pytest

from elman.probe.reading import read
from elman.probe.rows import TOLERANCE

HALF = 1e-3  # relative: what float16 resolves, and a little for the seams


@pytest.mark.parametrize("rows", [2, 7, 300])
def test_rows_side_by_side_are_one_reading(build, vocabulary, text, rows):
    one = read(build(), vocabulary, text, rows=1)
    many = read(build(), vocabulary, text, rows=rows)
    assert many.seam <= TOLERANCE
    for address, track in one.tracks.items():
        assert np.allclose(track.values, many.tracks[address].values, atol=HALF, rtol=HALF)
    assert np.allclose(one.losses[1:], many.losses[1:], atol=1e-3)


def test_a_state_that_never_forgets_is_carried_over_every_seam(vocabulary, text):
    """A counter: nothing before the rows tells it where it stands but the row before."""
    from elman.equations import Cell
    from elman.models import LanguageModel

    model = LanguageModel(Cell("param W[H, D]\nh' = h + 0.001\ny = h' + W x"), len(vocabulary), 4)
    reading = read(model, vocabulary, text[:900], rows=6)
    assert np.allclose(reading.unit("h.0.2"), np.arange(1, 901) * 0.001, rtol=2e-3)
