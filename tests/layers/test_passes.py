"""Layer upon layer: who reads what, and where units are left out."""

from __future__ import annotations

import torch

from elman.kernels import Results
from elman.layers.passes import joined, through


def test_layers_read_both_directions_of_the_layer_before():
    seen: list[tuple[tuple[int, int], int]] = []

    def one(x, place):
        seen.append((place, x.shape[-1]))
        return Results({"y": torch.full((2, 1, 3), float(10 * place[0] + place[1]))}, {})

    found = through([one] * 4, torch.zeros(2, 1, 5), 2, 0.5, False)
    assert seen == [((0, 0), 5), ((0, 1), 5), ((1, 0), 6), ((1, 1), 6)]
    assert joined(found, 2)[0, 0].tolist() == [10.0] * 3 + [11.0] * 3


def test_units_are_left_out_between_layers_in_training_alone():
    def same(x, place):
        return Results({"y": x}, {})

    x = torch.ones(50, 4, 8)
    for training in (False, True):
        found = through([same] * 2, x, 1, 0.5, training)
        assert torch.equal(found[0].outputs["y"], x)
        assert ((found[1].outputs["y"] == 0).any().item()) == training
