"""A step that autograd knows of: the numbers and gradients of the sequence, in one node."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from elman import Recurrent, cells
from elman.errors import ShapeError
from elman.layers.state import as_state, as_tuple
from elman.layers.unrolled import Shared, Unrolled
from elman.layers.way import Way


def net(cell: str = "lstm", layers: int = 1, **more) -> Recurrent:
    torch.manual_seed(0)
    step = cells.get(cell).step
    sizes = {size: 6 for size in step.sizes() if size not in ("D", "H")}
    return Recurrent(cell, 9, 9, layers, sizes=sizes, **more)


def net_like(layer: Recurrent) -> Recurrent:
    """The same net with nothing remembered."""
    return copy.deepcopy(layer)


def known(layer: Recurrent, rows: int = 3) -> Recurrent:
    """The layer, which knows steps of this many rows."""
    x = torch.randn(rows, 9, dtype=next(layer.parameters()).dtype)
    for _ in range(2):
        layer.step(x, layer.zero_state(rows))
    return layer


def start(layer: Recurrent, rows: int = 3):
    """A state that wants its gradient."""
    torch.manual_seed(1)
    parts = as_tuple(layer.zero_state(rows))
    return as_state(tuple(torch.randn_like(part).requires_grad_() for part in parts))


def walked(layer: Recurrent, x, state):
    """The outputs of one step after the other, and the last state."""
    seen = []
    for now in x:
        y, state = layer.step(now, state)
        seen.append(y)
    return torch.stack(seen), state


def loss(y, state) -> torch.Tensor:
    return y.sin().sum() + sum(part.cos().sum() for part in as_tuple(state))


def is_a_node(y: torch.Tensor) -> bool:
    return type(y.grad_fn).__name__ == "StepBackward"


def gradients(layer: Recurrent, way, x, state):
    """Of x, of the first state and of the weights."""
    y, last = way(x, state)
    wanted = [x, *as_tuple(state), *layer.parameters()]
    return y, last, torch.autograd.grad(loss(y, last), wanted, allow_unused=True)


def alike(found, want, near: float = 1e-9) -> None:
    """Equal, or none in both."""
    assert len(found) == len(want)
    for one, other in zip(found, want, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, atol=near, rtol=near)


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
        ways = [way for way in layer._unrolled._known.values() if way]
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


def test_what_is_kept_is_bounded(monkeypatch):
    layer = net()
    one = None
    for rows in (1, 2, 3, 4):
        known(layer, rows)
        ways = [way for way in layer._unrolled._known.values() if way]
        if one is None:
            one = ways[0].steps.nbytes
            monkeypatch.setattr("elman.layers.unrolled.MOST", 3 * one)
    assert 1 <= len(ways) < 4
    y, _ = layer.step(torch.randn(4, 9), layer.zero_state(4))
    assert is_a_node(y)


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


def test_a_graph_may_be_gone_back_through_as_often_as_it_is_kept():
    layer, x = known(net()), torch.randn(4, 3, 9)
    total = loss(*walked(layer, x, layer.zero_state(3)))
    total.backward(retain_graph=True)
    once = [weight.grad.clone() for weight in layer.parameters()]
    total.backward()
    alike([weight.grad / 2 for weight in layer.parameters()], once, 1e-6)
    with pytest.raises(RuntimeError, match="second time"):
        total.backward()


def test_two_graphs_of_the_same_weights_are_two():
    layer, x = known(net()), torch.randn(2, 4, 3, 9)
    totals = [loss(*walked(layer, one, layer.zero_state(3))) for one in x]
    want = [torch.autograd.grad(loss(*layer(one)), list(layer.parameters())) for one in x]
    for total, one in zip(totals, want, strict=True):
        alike(torch.autograd.grad(total, list(layer.parameters())), one, 1e-4)


def test_a_pass_that_does_not_go_to_the_weights_leaves_nothing_behind():
    layer, x = known(net()), torch.randn(4, 3, 9, requires_grad=True)
    total = loss(*walked(layer, x, layer.zero_state(3)))
    (found,) = torch.autograd.grad(total, x, retain_graph=True)
    alike([found], [torch.autograd.grad(loss(*layer(x)), x)[0]], 1e-4)
    shared = layer._unrolled._shared()
    assert shared is not None and not shared._sums
    (found,) = torch.autograd.grad(total, layer.stack[0].U_f)
    alike([found], [torch.autograd.grad(loss(*layer(x)), layer.stack[0].U_f)[0]], 1e-4)
    assert not shared._sums and all(weight.grad is None for weight in layer.parameters())


def test_hooks_of_weights_hear_of_the_sum_once():
    layer, x, heard = known(net()), torch.randn(4, 3, 9), []
    layer.stack[0].W_i.register_hook(lambda gradient: heard.append(gradient.clone()))
    loss(*walked(layer, x, layer.zero_state(3))).backward()
    assert len(heard) == 1 and torch.equal(heard[0], layer.stack[0].W_i.grad)


def test_hooks_of_modules_are_called():
    layer, x, heard = known(net("gru", 2)), torch.randn(3, 9), []
    for module in (layer, layer.stack[1]):
        handle = module.register_forward_hook(lambda *_: heard.append(1))
        layer.step(x, layer.zero_state(3))
        handle.remove()
    assert len(heard) == 2
    layer.step(x, layer.zero_state(3))
    assert len(heard) == 2


def test_second_derivatives_go_through_the_steps():
    layer, eager = known(net("gru", 2).double()), net("gru", 2, target="eager").double()
    x = torch.randn(3, 3, 9, dtype=torch.float64, requires_grad=True)
    found = []
    for one in (layer, eager):
        state = start(layer)
        y, last = walked(one, x, state)
        assert is_a_node(one.step(x[0], state)[0]) == (one is layer)
        wanted = [x, state, *one.parameters()]
        first = torch.autograd.grad(loss(y, last), wanted, create_graph=True)
        second = sum(part.square().sum() for part in first)
        found.append([*first, *torch.autograd.grad(second, wanted)])
    alike(*found, near=1e-8)


def test_many_gradients_at_once():
    layer, x = known(net("gru")), torch.randn(2, 3, 9, requires_grad=True)
    y, _ = walked(layer, x, layer.zero_state(3))
    each = torch.eye(y.numel()).reshape(-1, *y.shape)
    wanted = [x, layer.stack[0].W_r]
    found = torch.autograd.grad(y, wanted, each, is_grads_batched=True, retain_graph=True)
    for number in (0, 20, 50):
        one = torch.autograd.grad(y, wanted, each[number], retain_graph=True)
        alike([part[number] for part in found], one, 1e-5)


def test_steps_of_the_same_weights_share_one_node():
    layer, x = known(net()), torch.randn(2, 3, 9)
    first, state = layer.step(x[0], layer.zero_state(3))
    second, _ = layer.step(x[1], state)
    nodes = [y.grad_fn.next_functions[0][0] for y in (first, second)]
    assert nodes[0] is nodes[1] and type(nodes[0]).__name__ == "WeightsBackward"
    assert len(nodes[0].next_functions) == len(list(layer.parameters()))


def test_what_is_added_up_is_nobody_elses():
    weight, gradient = torch.nn.Parameter(torch.zeros(3)), torch.ones(3)
    shared = Shared([weight])
    shared.add([gradient])
    shared.sums()[0].add_(1)
    assert torch.equal(gradient, torch.ones(3))


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("before", [False, True], ids=["first", "known"])
def test_checkpoints(reentrant, before):
    layer, x = net("gru", 2), torch.randn(4, 3, 9, requires_grad=True)
    layer = known(layer) if before else layer
    state = start(layer)
    found = []
    for kept in (True, False):
        now, total = state, torch.zeros(())
        for part in x:
            if kept:
                y, now = checkpoint(layer.step, part, now, use_reentrant=reentrant)
            else:
                y, now = layer.step(part, now)
            total = total + y.sum()
        layer.zero_grad()
        total.backward()
        found.append([weight.grad.clone() for weight in layer.parameters()])
    alike(*found, near=1e-5)


def test_what_is_saved_may_go_through_hooks():
    layer, x = known(net("gru")), torch.randn(4, 3, 9)
    want = torch.autograd.grad(loss(*walked(layer, x, layer.zero_state(3))), layer.stack[0].W_r)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t.clone()):
        total = loss(*walked(layer, x, layer.zero_state(3)))
    alike(torch.autograd.grad(total, layer.stack[0].W_r), want, 1e-5)


def test_chance_and_other_targets_are_left_to_the_sequence():
    for more in ({"input_dropout": 0.5}, {"dropout": 0.5}, {"zoneout": 0.5}):
        layer, x = known(net("gru", 2, **more)), torch.randn(3, 9)
        state = layer.zero_state(3)
        assert not torch.equal(layer.step(x, state)[0], layer.step(x, state)[0])
        known(layer.eval())
        y, _ = layer.step(x, state)
        assert is_a_node(y) and torch.equal(y, layer(x[None], state)[0][0])
    assert not is_a_node(known(net("gru", target="eager")).step(x, state[:1])[0])
    layer = known(net("gru")).bfloat16()
    assert not is_a_node(known(layer).step(x.bfloat16(), state[:1].bfloat16())[0])


def test_other_layouts_and_empty_batches():
    layer = known(net())
    x, state = torch.randn(9, 3).t(), tuple(torch.randn(9, 3, 1).permute(2, 1, 0) for _ in "hc")
    y, (h, c) = layer.step(x, state)
    want, (last, cell) = layer(x[None], state)
    assert torch.equal(y, want[0]) and torch.equal(h, last) and torch.equal(c, cell)
    for shape in ((0, 9), (4, 0, 9), (0, 3, 9)):
        for _ in range(3):
            x = torch.randn(shape, requires_grad=True)
            y, _ = (layer.step if len(shape) == 2 else layer)(x, layer.zero_state(shape[-2]))
        y.sum().backward()
        assert y.shape == shape and not layer.stack[0].W_i.grad.any()
    # a gradient that lies in no memory of its own
    y, _ = known(layer).step(torch.randn(3, 9), layer.zero_state(3))
    y.sum().backward()


def test_a_sequence_is_no_step():
    layer, x = known(net()), torch.randn(4, 3, 9)
    for _ in range(3):
        layer(x)
        with pytest.raises(ShapeError, match="a step reads"):
            layer.step(x, layer.zero_state(3))
        with layer.frozen(), pytest.raises(ShapeError, match="a step reads"):
            layer.step(x, layer.zero_state(3))
        with pytest.raises(ShapeError, match="input must have shape"):
            layer(x[0], layer.zero_state(3))


def test_memory_is_freed_on_the_way_back(monkeypatch):
    layer, seen, forward = known(net()), [], Way.forward

    def watched(self, x, before):
        made = forward(self, x, before)
        seen.append(weakref.ref(made[1][1]))
        return made

    monkeypatch.setattr(Way, "forward", watched)
    gc.disable()
    try:
        total = loss(*walked(layer, torch.randn(4, 3, 9), layer.zero_state(3)))
        assert len(seen) == 4 and all(memory() is not None for memory in seen)
        total.backward()
        assert all(memory() is None for memory in seen)
    finally:
        gc.enable()


def test_threads_have_their_own_sums():
    layer, x = known(net("gru", 2)), torch.randn(8, 20, 3, 9)
    want = [torch.autograd.grad(loss(*layer(one)), list(layer.parameters())) for one in x]

    def one(number: int):
        total = loss(*walked(layer, x[number], layer.zero_state(3)))
        return torch.autograd.grad(total, list(layer.parameters()))

    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(one, range(8)), want, strict=True):
            alike(found, expected, 1e-4)


def test_whoever_stands_in_the_place_of_forward_is_called():
    class Doubled(Recurrent):
        def forward(self, *args, **more):
            y, state = super().forward(*args, **more)
            return 2 * y, state

    plain, x = net(), torch.randn(3, 9)
    state = plain.zero_state(3)
    layer = Doubled("lstm", 9, 9)
    layer.load_state_dict(plain.state_dict())
    for _ in range(3):
        assert torch.equal(layer.step(x, state)[0], 2 * plain.step(x, state)[0])
        with layer.frozen():
            assert torch.equal(layer.step(x, state)[0], 2 * plain.step(x, state)[0])
    forward = plain.forward
    plain.forward = lambda *args, **more: (torch.zeros(1, 3, 9), forward(*args, **more)[1])
    assert not plain.step(x, state)[0].any()


def test_weights_of_inference_mode_are_read():
    with torch.inference_mode():
        layer = net().requires_grad_(False)
    twin = net().requires_grad_(False)
    x, state = torch.randn(3, 9), twin.zero_state(3)
    for _ in range(3):
        assert torch.equal(layer.step(x, state)[0], twin.step(x, state)[0])
        assert torch.equal(layer(x[None], state)[0], twin(x[None], state)[0])


def test_weights_of_another_type_in_the_same_place_are_refused():
    layer, x = known(net("gru")), torch.randn(3, 9)
    for weight in layer.parameters():
        whole = torch.zeros(weight.numel(), dtype=torch.float64)
        weight.data = whole.view(torch.float32)[: weight.numel()].view(weight.shape)
    known(layer)
    for weight in layer.parameters():
        whole = weight.data.untyped_storage()
        weight.data = torch.tensor([], dtype=torch.float64).set_(whole).view(weight.shape)
    with pytest.raises(ShapeError, match="one type"):
        layer.step(x, layer.zero_state(3).float())


def test_nothing_is_kept_of_weights_that_are_lent():
    layer, x = known(net()), torch.randn(4, 3, 9)
    scale = torch.tensor(2.0, requires_grad=True)
    for _ in range(3):
        lent = {name: scale * weight.detach() for name, weight in layer.named_parameters()}
        watched = [weakref.ref(weight) for weight in lent.values()]
        y, last = torch.func.functional_call(layer, lent, (x,))
        assert not is_a_node(y)
        del lent, y, last
        gc.collect()
        assert all(weight() is None for weight in watched)


def test_weights_may_grow_when_no_graph_is_there_any_more():
    layer, x = known(net()), torch.randn(3, 9)
    layer.step(x, layer.zero_state(3))
    weight = layer.stack[0].W_i
    weight.data = torch.randn(10, 9)
    weight.square().sum().backward()
    assert weight.grad.shape == (10, 9)


def test_sums_of_a_pass_that_was_broken_off_go_with_its_graph():
    layer, x = known(net()), torch.randn(2, 3, 9)

    def fail(gradient):
        raise ValueError("broken off")

    y, (h, c) = layer.step(x[0], layer.zero_state(3))
    h.register_hook(fail)
    y, last = layer.step(x[1], (h, c))
    shared = weakref.ref(layer._unrolled._shared())
    with pytest.raises(ValueError, match="broken off"):
        y.sum().backward()
    assert shared()._sums
    del y, h, c, last
    gc.collect()
    assert shared() is None


@pytest.mark.parametrize("length", ["short", "long"])
def test_what_no_longer_wants_a_gradient_by_the_way_back(length, monkeypatch):
    if length == "long":
        monkeypatch.setattr("elman.layers.steps.SHORT", -1)
    found = []
    for target in ("auto", "eager"):
        layer = net("gru", dtype=torch.float64, target=target)
        x = torch.randn(4, 3, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        for _ in range(3):
            x = x.detach().requires_grad_()
            y, _ = layer(x)
        x.requires_grad_(False)
        layer.stack[0].W_r.requires_grad_(False)
        wanted = [w for n, w in layer.named_parameters() if not n.endswith("W_r")]
        found.append(torch.autograd.grad(y.sin().sum(), wanted, create_graph=True))
    alike(*found)


def test_a_copy_begins_anew():
    layer, x = known(net()), torch.randn(3, 9)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert not twin._unrolled._known and isinstance(twin._unrolled, Unrolled)
        y, _ = known(twin).step(x, twin.zero_state(3))
        y.sum().backward()
        assert twin.stack[0].W_i.grad is not None and layer.stack[0].W_i.grad is None


def test_weights_that_are_computed_are_not_shared():
    layer, x = known(net()), torch.randn(3, 9)
    state = layer.zero_state(3)
    want, _ = layer.step(x, state)
    torch.nn.utils.parametrize.register_parametrization(layer.stack[0], "W_i", torch.nn.Identity())
    y, _ = layer.step(x, state)
    assert is_a_node(want) and not is_a_node(y) and torch.equal(y, want)
    y.sum().backward()
    assert layer.stack[0].parametrizations["W_i"].original.grad is not None


def test_weights_of_a_functional_call_are_its_own():
    layer, x = known(net()), torch.randn(3, 9)
    state = layer.zero_state(3)

    class Stepper(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = layer

        def forward(self, x, state):
            return self.net.step(x, state)[0]

    stepper = Stepper()
    scale = torch.tensor(2.0, requires_grad=True)
    doubled = {name: scale * weight.detach() for name, weight in stepper.named_parameters()}
    y = torch.func.functional_call(stepper, doubled, (x, state))
    y.sum().backward()
    assert scale.grad is not None and all(weight.grad is None for weight in layer.parameters())
    assert is_a_node(known(layer).step(x, state)[0])
