"""A step or a short sequence is one node: the numbers and gradients of the sequence as ever."""

from __future__ import annotations

import copy

import pytest
import torch

from elman import Recurrent, cells
from elman.layers.state import as_tuple
from walks import alike, gradients, is_a_node, known, loss, net, net_like, start, walked


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", cells.names())
def test_steps_have_the_numbers_and_the_gradients_of_the_sequence(cell, layers):
    layer = known(net(cell, layers, dtype=torch.float64))
    eager = net(cell, layers, dtype=torch.float64, target="eager")
    x = torch.randn(5, 3, 9, dtype=torch.float64, requires_grad=True)
    state = start(layer)
    torch.use_deterministic_algorithms(True)  # memory that is not written to is no number then
    try:
        y, last, found = gradients(layer, lambda x, s: walked(layer, x, s), x, state)
    finally:
        torch.use_deterministic_algorithms(False)
    assert is_a_node(layer.step(x[0], state)[0])
    whole, end, want = gradients(layer, layer, x, state)
    assert torch.equal(y, whole) and all(map(torch.equal, as_tuple(last), as_tuple(end)))
    alike(found, want)
    alike(found, gradients(eager, eager, x, state)[2], 1e-8)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", cells.names())
def test_short_sequences_have_the_numbers_and_the_gradients_of_long_ones(cell, layers, monkeypatch):
    layer = net(cell, layers, dtype=torch.float64)
    eager = net(cell, layers, dtype=torch.float64, target="eager")
    x = torch.randn(5, 3, 9, dtype=torch.float64, requires_grad=True)
    state = start(layer)
    monkeypatch.setattr("elman.layers.steps.SHORT", -1)
    y, last, want = gradients(layer, layer, x, state)
    assert not is_a_node(y)
    monkeypatch.undo()
    short = net(cell, layers, dtype=torch.float64)
    short(x, state)
    torch.use_deterministic_algorithms(True)  # memory that is not written to is no number then
    try:
        seen, end, found = gradients(short, short, x, state)
    finally:
        torch.use_deterministic_algorithms(False)
    assert is_a_node(seen) and torch.equal(seen, y)
    assert all(map(torch.equal, as_tuple(end), as_tuple(last)))
    alike(found, want)
    alike(found, gradients(eager, eager, x, state)[2], 1e-8)


@pytest.mark.parametrize("cell", cells.names())
def test_without_gradients_the_numbers_are_the_same(cell, monkeypatch):
    layer, x = net(cell, 2), torch.randn(5, 3, 9)
    want, last = layer(x)
    with torch.no_grad():
        for _ in range(3):
            found = [layer(x), walked(layer, x, layer.zero_state(3))]
        ways = [way for way in layer._unrolled.ways.known.values() if way]
        assert len(ways) == 2 and not any(way.steps.training for way in ways)
        for y, end in found:
            assert torch.equal(y, want) and all(map(torch.equal, as_tuple(end), as_tuple(last)))
        with layer.frozen():
            y, end = layer(x)
            assert torch.equal(y, want) and all(map(torch.equal, as_tuple(end), as_tuple(last)))
        for weight in layer.parameters():  # matrices are laid out anew at every call
            weight.data.mul_(1.5)
        y = layer(x)[0]
        assert torch.equal(walked(layer, x, layer.zero_state(3))[0], y)
        assert torch.equal(net_like(layer)(x)[0], y)


def test_short_sequences_begin_with_what_is_declared_or_learned():
    x = torch.randn(4, 3, 9, requires_grad=True)
    declared = "state h = 0.5\nh' = tanh(W x + U h)"
    for more in ({"cell": declared, "sizes": {}}, {"cell": "gru", "learn_start": True}):
        layer, eager = (
            Recurrent(input_size=9, hidden_size=9, num_layers=2, target=target, **more)
            for target in ("auto", "eager")
        )
        eager.load_state_dict(layer.state_dict())
        for number in range(3):
            found = []
            for one in (layer, eager):
                y, h = one(x)
                assert is_a_node(y) == (one is layer and number > 0 and "learn_start" not in more)
                wanted = [x, *one.parameters()]
                found.append([y, h, *torch.autograd.grad(loss(y, h), wanted)])
                with torch.no_grad():
                    h.zero_()
            alike(*found, near=1e-4)


def test_the_output_of_a_sequence_is_needed_as_it_is():
    layer, x = net("gru"), torch.randn(4, 3, 9)
    for _ in range(3):
        y, h = layer(x)
    h.zero_()
    torch.autograd.grad(y.sum(), layer.stack[0].W_r, retain_graph=True)
    y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_long_sequences_are_left_to_those_who_need_no_second_memory():
    layer = Recurrent("lstm", 64, 64)
    for steps, short in ((64, True), (1024, False)):
        x = torch.randn(steps, 1, 64)
        for _ in range(3):
            y, _ = layer(x)
        assert is_a_node(y) == short


def test_other_numbers_of_threads_are_other_kinds():
    layer, before = known(net()), torch.get_num_threads()
    try:
        torch.set_num_threads(before + 1)
        known(layer)
    finally:
        torch.set_num_threads(before)
    assert len(layer._unrolled.ways.known) == 2


@pytest.mark.parametrize("precision", ["full", "bf16"])
def test_steps_in_single_precision_are_worth_two_threads(precision):
    layer = Recurrent("gru", 64, 64, precision=precision)
    x, state = torch.randn(3, 300, 64, requires_grad=True), torch.randn(1, 300, 64)
    state.requires_grad_()
    for _ in range(2):
        layer.step(x[0], state)
    y, last, found = gradients(layer, lambda x, s: walked(layer, x, s), x, state)
    whole, end, want = gradients(layer, layer, x, state)
    assert is_a_node(layer.step(x[0], state)[0])
    assert torch.equal(y, whole) and torch.equal(last, end)
    alike(found, want, 2e-3 if precision == "bf16" else 1e-4)


def test_only_what_is_wanted_gets_a_gradient():
    layer, x = known(net("gru", 2)), torch.randn(4, 3, 9)
    _, _, want = gradients(layer, layer, x.requires_grad_(), start(layer))
    y, last = walked(layer, x.detach(), layer.zero_state(3))
    assert is_a_node(layer.step(x[0], layer.zero_state(3))[0])
    loss(y, last).backward()
    assert x.grad is None and all(weight.grad is not None for weight in layer.parameters())
    layer.requires_grad_(False)
    state = start(layer)
    y, last = walked(layer, x, state)
    loss(y, last).backward()
    assert is_a_node(layer.step(x[0], state)[0])
    alike([x.grad, state.grad], want[:2], 1e-4)
    y, _ = layer.step(x[0].detach(), state.detach())
    assert not y.requires_grad


def test_a_part_of_the_weights_may_stand_still():
    layer, x = known(net(layers=2)), torch.randn(4, 3, 9)
    still = [layer.stack[0].W_i, layer.stack[1].b_o]
    for weight in still:
        weight.requires_grad_(False)
    state = layer.zero_state(3)
    found = []
    for way in (lambda: walked(layer, x, state), lambda: layer(x, state)):
        layer.zero_grad()
        loss(*way()).backward()
        found.append([None if w.grad is None else w.grad.clone() for w in layer.parameters()])
    alike(*found, near=1e-4)
    assert [w for w in layer.parameters() if w.grad is None] == still


def test_a_number_that_is_only_compared_has_no_gradient():
    layer = Recurrent("param t\nh' = where(x < t, tanh(W x + U h), h)", 9, 9, sizes={})
    x = torch.randn(4, 3, 9)
    for _ in range(3):
        y, last = walked(layer, x, layer.zero_state(3))
    loss(y, last).backward()
    assert layer.stack[0].t.grad is None and layer.stack[0].W.grad is not None


def test_weights_that_move_on_are_another_node():
    layer, x = known(net()), torch.randn(6, 3, 9)
    twin = net(target="eager")
    nets = [(layer, torch.optim.SGD(layer.parameters(), 0.1))]
    nets.append((twin, torch.optim.SGD(twin.parameters(), 0.1)))
    for one, optimizer in nets:
        state = one.zero_state(3)
        for now in x:
            optimizer.zero_grad()
            y, state = one.step(now, state)
            loss(y, state).backward()
            optimizer.step()
            state = state.detach()
    alike(list(layer.parameters()), list(twin.parameters()), 1e-5)


def test_weights_that_were_written_to_before_the_way_back_are_an_error():
    layer, x = known(net()), torch.randn(3, 9)
    y, state = layer.step(x, layer.zero_state(3))
    with torch.no_grad():
        layer.stack[0].W_f.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation: 'W_f'"):
        y.sum().backward()
    layer.step(x, state.detach())[0].sum().backward()


def test_weights_in_another_place_are_read_there():
    layer, x = known(net()), torch.randn(3, 9)
    twin = copy.deepcopy(layer)
    changes = (
        lambda w: w.data.t(),
        lambda w: torch._neg_view(w.data),
        lambda w: torch.ones(9, 9),
    )
    for change in changes:
        for one in (layer, twin):
            one.stack[0].U_f.data = change(one.stack[0].U_f)
        found = layer.step(x, start(layer))[0]
        assert torch.equal(found, twin(x[None], start(layer))[0][0])


@pytest.mark.parametrize("what", ["weight", "input"])
def test_what_lies_elsewhere_by_the_way_back_is_read_there(what):
    layer, x = known(net()), torch.randn(3, 9)
    state, other = start(layer), torch.randn(9, 9) if what == "weight" else torch.randn(3, 9)
    y, _ = layer.step(x, state)
    assert is_a_node(y)
    moved = layer.stack[0].U_f if what == "weight" else x
    moved.data = other
    wanted = [*state, *layer.parameters()]
    found = torch.autograd.grad(y.sum(), wanted)
    alike(found, torch.autograd.grad(layer(x[None], state)[0].sum(), wanted), 1e-5)


def test_results_may_be_written_to():
    layer, x = known(net("gru", 2)), torch.randn(4, 3, 9, requires_grad=True)
    found = []
    for stepwise in (True, False):
        state = first = start(layer)
        total = torch.zeros(())
        for now in x:
            if stepwise:
                y, state = layer.step(now, state)
            else:
                y, state = (part.clone() for part in layer(now[None], state))
            total = total + y.sum()
            y.zero_()
            state[:, 1] = 0  # a game that is over
        total = total + state.cos().sum()
        found.append(torch.autograd.grad(total, [x, first, *layer.parameters()]))
    alike(*found, near=1e-4)
