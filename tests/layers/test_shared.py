"""Nodes that share their weights, in all the company that a graph may keep."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from elman import Recurrent
from elman.errors import ShapeError
from elman.layers.unrolled import Shared, Unrolled
from elman.layers.way import Way
from walks import alike, is_a_node, known, loss, net, start, walked


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
        assert not twin._unrolled.ways.known and isinstance(twin._unrolled, Unrolled)
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
