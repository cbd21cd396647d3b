"""A variant is a cell with choices, and a text that says all of it."""

from __future__ import annotations

import pytest

from elman import cells
from elman.kernels.variant import Noise, Variant

LSTM = cells.get("lstm")


@pytest.mark.parametrize(
    "variant",
    [
        Variant(LSTM),
        Variant(LSTM, ("i", "f"), Noise(0.1, 0.25, (("h", 0.05), ("c", 0.5))), True),
        Variant(cells.get("h' = tanh(x)"), (), Noise(zoneout=(("h", 1e-17),))),
    ],
)
def test_the_text_of_a_variant_reads_back_as_it(variant):
    assert Variant.from_text(variant.to_text()) == variant


def test_a_variant_has_one_step():
    assert Variant(LSTM, ("i",)).step is Variant(LSTM, ("i",)).step
    assert Variant(LSTM).step.outputs == LSTM.step.outputs


def test_only_training_is_random():
    noise = Noise(inputs=0.5)
    assert Variant(LSTM, noise=noise, training=True).random
    assert not Variant(LSTM, noise=noise).random
    assert Variant(LSTM, noise=noise).step.outputs == LSTM.step.outputs
    assert not Variant(LSTM, training=True).random
