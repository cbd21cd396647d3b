"""Calls that do not fit the cell: one sentence on either target, before anything is read."""

from __future__ import annotations

import re

import pytest
import torch

import elman
from elman.errors import ConfigError, ShapeError

SECOND = "input u[E]\nh' = A u + W x"
STILL = "static v[F]\nh' = V v + W x"


@pytest.mark.parametrize("target", ["llvm", "eager"])
@pytest.mark.parametrize("shape", [(1, 2, 5), (2, 2, 5), (9, 2, 5), (3, 1, 5), (3, 5), (5,)])
def test_a_second_input_has_the_steps_and_rows_of_the_first(target, shape):
    layer = elman.Recurrent(SECOND, 3, 4, sizes={"E": 5}, target=target)
    message = f"'u' must have 3 steps and 2 rows: shape (3, 2, size), not {shape}"
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        layer(torch.ones(3, 2, 3), inputs={"u": torch.ones(shape)})


@pytest.mark.parametrize("target", ["llvm", "eager"])
@pytest.mark.parametrize("shape", [(1, 5), (3, 5), (5,), (1, 2, 5)])
def test_a_static_input_has_the_rows_of_the_batch(target, shape):
    layer = elman.Recurrent(STILL, 3, 4, sizes={"F": 5}, target=target)
    message = f"'v' must have 2 rows: shape (2, size), not {shape}"
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        layer(torch.ones(3, 2, 3), static={"v": torch.ones(shape)})


def test_tensors_on_two_devices_are_refused():
    x, state = torch.ones(3, 2, 3), torch.zeros(1, 2, 4, device="meta")
    with pytest.raises(ShapeError, match=r"x on cpu; h, W_r, U_r, b_r, \.\.\. on meta$"):
        elman.Recurrent("gru", 3, 4).to("meta")(x)
    with pytest.raises(ShapeError, match=r"there are x, W_r, U_r, b_r, \.\.\. on cpu"):
        elman.Recurrent("gru", 3, 4)(x, state)


def test_sizes_that_the_cell_does_not_declare_are_refused():
    for name in ("Q", "H", "D"):
        with pytest.raises(ConfigError, match=f"^sizes= has {name}, which gru does not declare"):
            elman.Recurrent("gru", 3, 4, sizes={name: 7})


def test_a_cell_without_parameters_is_a_layer():
    layer = elman.Recurrent("h' = x * sigmoid(h)", 4, 4)
    y, _ = layer(torch.ones(2, 1, 4, dtype=torch.float64))
    assert y.dtype == torch.float64 and y[0, 0].tolist() == [0.5] * 4


def test_nearly_everything_may_be_left_out():
    layer = elman.Recurrent("gru", 3, 4, 2, dropout=0.999999)
    assert layer(torch.ones(30, 2, 3))[0].isfinite().all()


@pytest.mark.parametrize("target", ["llvm", "eager"])
def test_an_input_of_another_size_is_the_one_to_blame(target):
    second = elman.Recurrent(SECOND, 3, 4, sizes={"E": 5}, target=target)
    with pytest.raises(ShapeError, match=r"^'u' must have 5 features \(E\), not 6$"):
        second(torch.ones(3, 2, 3), inputs={"u": torch.ones(3, 2, 6)})
    still = elman.Recurrent(STILL, 3, 4, sizes={"F": 5}, target=target)
    with pytest.raises(ShapeError, match=r"^'v' must have 5 features \(F\), not 4$"):
        still(torch.ones(3, 2, 3), static={"v": torch.ones(2, 4)})


def test_a_sparse_tensor_is_refused():
    message = "input must be a dense tensor or a PackedSequence, not a torch.sparse_coo tensor"
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        elman.Recurrent("gru", 3, 4)(torch.ones(3, 2, 3).to_sparse())


def test_a_layer_has_units():
    with pytest.raises(ConfigError, match=r"^size H must be at least 1, not 0$"):
        elman.Recurrent("gru", 3, 0)


def test_the_states_are_not_recorded_but_returned():
    message = "it has r, z, n; states come with return_states='all'"
    for name in ("h", "h'"):
        with pytest.raises(ConfigError, match=re.escape(message)):
            elman.Recurrent("gru", 3, 4)(torch.ones(3, 2, 3), record=[name])


@pytest.mark.parametrize("target", ["llvm", "eager"])
@pytest.mark.parametrize("call", [{}, {"lengths": [0, 0]}])
def test_the_gradient_of_no_steps_is_zero_and_that_of_the_start_goes_through(target, call):
    layer = elman.Recurrent("gru", 3, 4, target=target).double()
    steps = 2 if call else 0
    x = torch.full((steps, 2, 3), torch.nan, dtype=torch.float64, requires_grad=True)
    start = torch.zeros(1, 2, 4, dtype=torch.float64, requires_grad=True)
    y, last = layer(x, start, **call)
    (y.sum() + 3 * last.sum()).backward()
    assert x.grad.eq(0).all() and start.grad.eq(3).all()
    assert all(p.grad.eq(0).all() for p in layer.parameters())


def test_no_rows_have_no_lengths():
    y, last = elman.Recurrent("gru", 3, 4)(torch.ones(5, 0, 3), lengths=[])
    assert y.shape == (5, 0, 4) and last.shape == (1, 0, 4)
