"""The recurrent part of models: sizes that cells need, and matrices between others."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman import Cell, cells
from elman.errors import ConfigError
from elman.models.network import entrance, network, width


def test_cells_that_add_x_to_the_state_are_given_as_much():
    assert width(cells.get("mut1"), 5, 8) == 8 and width(cells.get("gru"), 5, 8) == 5
    assert isinstance(entrance(4, 4), nn.Identity) and entrance(4, 5).out_features == 5


def test_recurrent_matrices_start_orthogonal():
    layer = network("rnn", 4, 8).stack[0]
    square = layer.get_parameter("U").detach()
    torch.testing.assert_close(square @ square.T, torch.eye(8), atol=1e-5, rtol=1e-5)
    assert float(layer.get_parameter("b").detach().abs().max()) == 0


def test_what_a_cell_reads_beside_x_must_be_given():
    cell = Cell("static v[F]\nh' = tanh(W x + U h + V v + b)")
    assert network(cell, 4, 8, static=3).stack[0].sizes["F"] == 3
    with pytest.raises(ConfigError, match="reads v beside x, and this task has nothing"):
        network(cell, 4, 8)
