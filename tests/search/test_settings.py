"""Settings and sizes."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.errors import ConfigError
from elman.search.exercises import get
from elman.search.nets import Nets
from elman.search.plan import Budget
from elman.search.settings import NORMS, RATES, SCALES, Setting, count, draw, squared, units_for


def test_no_setting_is_drawn_twice():
    every = len(SCALES) * len(RATES) * len(NORMS)
    assert len(set(draw(np.random.default_rng(0), every))) == every
    with pytest.raises(ConfigError, match="there are 180 settings, not 181"):
        draw(np.random.default_rng(0), 181)


def test_the_same_chance_draws_the_same_settings():
    one, again = (draw(np.random.default_rng(7), 5) for _ in range(2))
    assert one == again


@pytest.mark.parametrize("name", ["rnn", "gru_before", "lstm", "mut1", "lstm_peephole"])
def test_nets_of_all_cells_have_as_many_parameters_as_fit(name):
    cell = cells.get(name)
    units = units_for(cell, 12_000, 1, 27, 27)
    assert count(cell, units, 1, 27, 27) <= 12_000 < count(cell, units + 1, 1, 27, 27)
    nets = Nets(cell, get("memorization"), [Setting(1.0, 0.01, 1.0)] * 2, Budget(1, 4, 12_000))
    assert nets.units == units
    assert nets.size == count(cell, units, 1, 27, 27)


def test_a_projection_has_a_size_of_its_own():
    assert squared(cells.get("lstm"))
    assert not squared(cells.get("lstm_projected"))
