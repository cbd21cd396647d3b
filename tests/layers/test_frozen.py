"""Weights that stand still: the same bits as ever, and no surprises."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from elman import Recurrent, Stack, cells
from elman.errors import ShapeError
from elman.layers.state import as_tuple


def net(cell: str = "lstm", layers: int = 1, **more) -> Recurrent:
    torch.manual_seed(0)
    step = cells.get(cell).step
    sizes = {size: 6 for size in step.sizes() if size not in ("D", "H")}
    return Recurrent(cell, 9, 9, layers, sizes=sizes, **more)


def walked(layer, x, state):
    """The outputs of one step after the other, and the last state."""
    seen = []
    for now in x:
        y, state = layer.step(now, state)
        seen.append(y)
    return torch.stack(seen), state


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", cells.names())
def test_steps_of_a_frozen_net_are_those_of_the_sequence(cell, dtype):
    layer = net(cell, 2, dtype=dtype)
    x = torch.randn(4, 3, 9, dtype=dtype)
    want, last = layer(x)
    with layer.frozen():
        found, state = walked(layer, x, layer.zero_state(3))
        assert layer.held is not None and None not in layer.held.ways.known.values()
    assert torch.equal(found, want)
    for one, other in zip(as_tuple(state), as_tuple(last), strict=True):
        assert torch.equal(one, other)


def test_sequences_of_a_frozen_net_lay_matrices_out_once():
    layer, x = net("gru", 2), torch.randn(4, 3, 9)
    want = [layer(x)[0].detach(), layer(x[:2, :1])[0].detach()]
    with layer.frozen():
        found = [layer(x)[0], layer(x[:2, :1])[0]]
        layer.stack[0].U_r.mul_(2)
        assert torch.equal(layer(x)[0], want[0])
    assert all(torch.equal(one, other) for one, other in zip(found, want, strict=True))
    assert not torch.equal(layer(x)[0], want[0])


def test_a_block_that_is_entered_again_keeps_what_it_has():
    layer, x = net(), torch.randn(5, 2, 9)
    want, _ = layer(x)
    still, state, seen = layer.frozen(), layer.zero_state(2), []
    for now in x:
        with still:
            y, state = layer.step(now, state)
        assert layer.held is None and torch.is_grad_enabled()
        seen.append(y)
    assert torch.equal(torch.stack(seen), want)
    assert len(still.ways.known) == 1


def test_the_output_of_a_step_is_no_part_of_the_state():
    layer, x = net("gru"), torch.randn(2, 9)
    with layer.frozen():
        y, state = layer.step(x, layer.zero_state(2))
        before = state.clone()
        y.zero_()
        assert torch.equal(state, before)


def test_a_frozen_net_takes_no_gradients_unless_they_are_asked_for():
    layer, x = net(), torch.randn(2, 9, requires_grad=True)
    with layer.frozen():
        assert not layer.step(x, layer.zero_state(2))[0].requires_grad
        with torch.enable_grad():
            y, _ = layer.step(x, layer.zero_state(2))
            (found,) = torch.autograd.grad(y.sum(), x)
    (want,) = torch.autograd.grad(layer.step(x, layer.zero_state(2))[0].sum(), x)
    assert torch.equal(found, want)


def test_what_a_frozen_net_cannot_do_in_one_go_it_does_as_ever():
    layer = net("lstm", 2)
    x, state = torch.randn(9, 4), tuple(torch.randn(9, 2, 4) for _ in range(2))
    turned = tuple(part.permute(1, 2, 0) for part in state)
    want, _ = layer.step(x.t(), turned)
    with layer.frozen():
        layer.step(x.t().contiguous(), turned)
        assert torch.equal(layer.step(x.t(), turned)[0], want)
        assert torch.equal(layer.step(x.t().contiguous(), turned)[0], want)
        with pytest.raises(ShapeError, match="input must have shape"):
            layer.step(torch.randn(4, 8), turned)
        with pytest.raises(ShapeError, match="2 states"):
            layer.step(x.t().contiguous(), state[0])
        with pytest.raises(ShapeError, match="one type"):
            layer.step(x.t().contiguous().double(), turned)


def test_chance_is_not_forgotten():
    for noise in ({"input_dropout": 0.5}, {"dropout": 0.5}, {"zoneout": 0.5}):
        layer, x = net("gru", 2, **noise), torch.randn(3, 9)
        with layer.frozen():
            seen = [layer.step(x, layer.zero_state(3))[0] for _ in range(2)]
            assert not torch.equal(*seen)
            layer.eval()
            calm = [layer.step(x, layer.zero_state(3))[0] for _ in range(2)]
            assert torch.equal(*calm)


def test_a_copy_is_not_frozen():
    layer, x = net(), torch.randn(3, 2, 9)
    with layer.frozen():
        want, _ = layer(x)
        for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert twin.held is None
            assert torch.equal(twin(x)[0], want)


def test_threads_may_share_a_frozen_net():
    layer, many = net("gru"), torch.randn(8, 30, 2, 9)
    want = [layer(x)[0].detach() for x in many]
    with layer.frozen():
        start = layer.zero_state(2)

        def stream(x):
            with torch.no_grad():
                return walked(layer, x, start)[0]

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(stream, many))
    assert all(torch.equal(one, other) for one, other in zip(found, want, strict=True))


def test_a_stack_of_unlike_layers_is_frozen_whole():
    torch.manual_seed(0)
    layers = Stack(Recurrent("gru", 9, 9), Recurrent("lstm", 9, 5), residual=True)
    x = torch.randn(4, 2, 9)
    want, _ = layers(x)
    with layers.frozen():
        found, _ = walked(layers, x, layers.zero_state(2))
        assert all(layer.held.ways.known for layer in layers.stack)
    assert torch.equal(found, want)
    assert all(layer.held is None for layer in layers.stack)
