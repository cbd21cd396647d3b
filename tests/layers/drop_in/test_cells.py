"""RNNCell, GRUCell and LSTMCell beside torch's: numbers, gradients, errors."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest
import torch
from torch import nn

import elman

NAMES = ("RNNCell", "GRUCell", "LSTMCell")
MORE = {"RNNCell": [{"nonlinearity": "tanh"}, {"nonlinearity": "relu"}]}


def pair(name: str, **arguments):
    torch.manual_seed(0)
    theirs = getattr(nn, name)(4, 6, **arguments).double()
    ours = getattr(elman, name)(4, 6, **arguments).double()
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def results(cell, x, state):
    found = cell(x, state)
    outputs = list(found) if isinstance(found, tuple) else [found]
    loss = sum(value.sin().sum() for value in outputs)
    return [*outputs, *torch.autograd.grad(loss, [x, *cell.parameters()])]


@pytest.mark.parametrize("name", NAMES)
def test_every_combination_gives_what_torch_gives(name):
    for bias, rows, given in itertools.product((True, False), ((), (3,)), (False, True)):
        for more in MORE.get(name, [{}]):
            theirs, ours = pair(name, bias=bias, **more)
            x = torch.randn(*rows, 4).double().requires_grad_()
            h, c = torch.randn(2, *rows, 6).double()
            state = ((h, c) if name == "LSTMCell" else h) if given else None
            for want, got in zip(results(theirs, x, state), results(ours, x, state), strict=True):
                assert got.shape == want.shape
                torch.testing.assert_close(got, want, rtol=0, atol=1e-11)


BAD = {
    "features": (torch.zeros(3, 7), None),
    "axes": (torch.zeros(2, 3, 4), None),
    "rows of the state": (torch.zeros(3, 4), torch.zeros(2, 6)),
    "units of the state": (torch.zeros(3, 4), torch.zeros(3, 5)),
    "axes of the state": (torch.zeros(3, 4), torch.zeros(1, 3, 6)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", BAD)
def test_wrong_calls_are_refused_in_torchs_words(name, what):
    said = []
    x, h = BAD[what]
    state = (h, h) if name == "LSTMCell" and h is not None else h
    for cell in pair(name):
        with pytest.raises(Exception) as error:
            cell.float()(x, state)
        said.append((error.type, str(error.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", NAMES)
def test_copies_and_pickles_are_cells(name):
    _, ours = pair(name)
    x = torch.randn(3, 4).double()
    want = results(ours, x.requires_grad_(), None)[0]
    for other in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert torch.equal(results(other, x, None)[0], want)


@pytest.mark.parametrize("name", NAMES)
def test_second_derivatives_are_right(name):
    _, ours = pair(name)
    x = torch.randn(2, 4).double().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda one: ours(one), x)


def test_an_unknown_nonlinearity_is_refused_in_torchs_words():
    said = []
    for cell in (nn.RNNCell(4, 6, nonlinearity="selu"), elman.RNNCell(4, 6, nonlinearity="selu")):
        with pytest.raises(RuntimeError) as error:
            cell(torch.zeros(3, 4))
        said.append(str(error.value))
    assert said[0] == said[1]
