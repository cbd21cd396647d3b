"""Before training the spectral radius decides, as theory says it does."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman import cells
from elman.probe.flow.start import flow_at_start, recurrent_matrices


def test_at_rest_the_exponent_of_a_plain_network_is_the_logarithm_of_the_radius():
    found = flow_at_start("rnn", 64, scales=(0.3, 0.8, 1.0))
    assert np.allclose(found.exponents, np.log(found.radii), atol=0.03)


def test_scaling_the_recurrent_matrix_moves_the_exponent_through_zero_at_radius_one():
    found = flow_at_start("rnn", 64, scales=np.linspace(0.5, 1.6, 12))
    assert found.crossing == pytest.approx(1, abs=0.03)
    assert (np.diff(found.exponents) > 0).all()
    below = found.radii < 0.97
    assert (found.exponents[below] < 0).all() and (found.exponents[found.radii > 1.03] > 0).all()
    assert found.verdict.startswith("rnn: vanishes below a spectral radius of about 1.0")


def test_an_input_saturates_units_and_the_crossing_comes_later():
    scales = np.linspace(0.5, 4, 12)
    still = flow_at_start("rnn", 48, scales=scales)
    driven = flow_at_start("rnn", 48, scales=scales, drive=1.0)
    assert (driven.exponents < still.exponents).all()
    assert driven.crossing > still.crossing or np.isnan(driven.crossing)


def test_the_memory_of_an_lstm_keeps_what_its_forget_gate_lets_it():
    """With almost no recurrent weights, c forgets at the rate of its gate, sigmoid(1)."""
    found = flow_at_start("lstm", 32, scales=(1e-3,))
    assert found.exponents[0] == pytest.approx(np.log(1 / (1 + np.exp(-1))), abs=1e-3)


def test_the_matrices_are_those_that_apply_to_the_state():
    assert recurrent_matrices(cells.get("gru")) == ["U_r", "U_z", "U_n"] or set(
        recurrent_matrices(cells.get("gru"))
    ) == {"U_r", "U_z", "U_n"}
    assert recurrent_matrices(cells.get("indrnn")) == []


def test_it_can_be_written_as_json():
    found = flow_at_start("gru", 8, scales=(0.5, 1.0), steps=20)
    assert json.loads(json.dumps(found.to_dict()))["cell"] == "gru"
