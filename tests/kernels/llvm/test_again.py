"""A call made again is the call made anew, whatever has changed in between."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest
import torch
import torch.nn.utils.parametrize

from elman import Recurrent
from elman.errors import ShapeError
from elman.kernels.llvm import Again
from elman.layers import steps
from elman.layers.layer import Layer
from elman.layers.way import Way


@pytest.fixture(params=["short", "long"], autouse=True)
def made(request, monkeypatch):
    """How many calls were made again; short ones are a node for all layers."""
    count = []
    short, long = Way.forward, Again.run

    def counted(self, x, before):
        count.append(self)
        return short(self, x, before)

    monkeypatch.setattr(Way, "forward", counted)
    monkeypatch.setattr(
        Again, "run", lambda self, tensors: count.append(self) or long(self, tensors)
    )
    if request.param == "long":
        monkeypatch.setattr(steps, "SHORT", -1)
    return count


def fresh(layer: Recurrent) -> Recurrent:
    """The same layer with nothing remembered."""
    again = Recurrent(layer.cell, layer.input_size, layer.hidden_size)
    again.load_state_dict(layer.state_dict())
    return again.to(next(layer.parameters()).dtype)


def known(layer: Recurrent) -> Recurrent:
    """The layer, which remembers a call of shape (4, 2, 3)."""
    for _ in range(2):
        layer(torch.randn(4, 2, 3))
    return layer


def agree(layer: Recurrent, x: torch.Tensor, state=None) -> None:
    """Results and gradients are those of a layer that has never been called."""
    found = []
    for net in (layer, fresh(layer)):
        y, (h, c) = net(x, state)
        loss = y.sin().sum() + c.sum()
        gradients = torch.autograd.grad(loss, list(net.parameters())) if loss.requires_grad else ()
        found.append((y, h, c, *gradients))
    assert len(found[0]) == len(found[1]) and all(map(torch.equal, *found))


def test_the_third_call_of_a_kind_is_made_again(made):
    layer, x = Recurrent("lstm", 3, 5), torch.randn(4, 2, 3)
    agree(layer, x)
    assert not made
    agree(layer, x)
    made.clear()  # a short one was made again already
    agree(layer, x)
    agree(layer, torch.randn(4, 2, 3))
    assert len(made) == 2


def test_changed_weights_are_seen(made):
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    with torch.no_grad():
        layer.stack[0].W_i.mul_(2)
    made.clear()
    agree(layer, x)
    assert len(made) == 1
    layer.stack[0].W_i.data = torch.randn(5, 3)
    agree(layer, x)
    layer.stack[0].W_i = torch.nn.Parameter(torch.randn(3, 5).t())
    agree(layer, x)
    layer.double()
    agree(layer, x.double())
    layer.float()
    agree(layer, x)


def test_weights_that_lie_otherwise_in_the_same_place_are_seen():
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    weight = layer.stack[0].U_f
    weight.data = weight.data.t()
    agree(layer, x)
    weight.data = torch._neg_view(weight.data)
    agree(layer, x)


def test_a_layer_that_was_moved_is_remembered_anew(made):
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    layer.load_state_dict({n: t.clone() for n, t in layer.state_dict().items()}, assign=True)
    layer(x), layer(x)
    made.clear()
    agree(layer, x)
    assert len(made) == 1


def test_weights_that_do_not_fit_any_more_are_refused():
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    layer.stack[0].U_f.data = torch.randn(4, 4)
    with pytest.raises(ShapeError, match="'U_f' has size 4 where"):
        layer(x)


def test_whether_gradients_are_wanted_is_seen():
    layer, x = Recurrent("lstm", 3, 5), torch.randn(4, 2, 3)
    layer.requires_grad_(False)
    assert not known(layer)(x)[0].requires_grad
    assert layer(x.requires_grad_())[0].requires_grad
    layer.requires_grad_(True)
    agree(layer, x.detach())
    with torch.no_grad():
        assert not layer(x)[0].requires_grad
    with torch.inference_mode():
        assert torch.equal(layer(x)[0], layer(x)[0])


def test_tensors_that_lie_otherwise_are_seen():
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    agree(layer, torch.randn(2, 4, 3).transpose(0, 1))
    agree(layer, torch.randn(4, 2, 6)[..., ::2])
    agree(layer, torch._neg_view(x))
    h, c = torch.randn(1, 5, 2).transpose(1, 2), torch.randn(1, 2, 5)
    agree(layer, x, (h, c))
    agree(layer, x, (c, c))


def test_other_numbers_of_threads_are_seen():
    layer, x = Recurrent("lstm", 64, 64), torch.randn(40, 32, 64)
    before = torch.get_num_threads()
    try:
        for threads in (1, 1, 1, 2, 3, 1):
            torch.set_num_threads(threads)
            agree(layer, x)
    finally:
        torch.set_num_threads(before)


def test_a_call_begins_with_what_the_equations_declare_and_nobody_changes_it(made):
    layer = Recurrent("state h = 0.5\nh' = tanh(x + U_h h)", 3, 3)
    x = torch.randn(4, 2, 3)
    for _ in range(4):
        y, h = layer(x)
        assert torch.equal(y, fresh(layer)(x)[0])
        with torch.no_grad():
            h.zero_(), y.zero_()
    assert len(made) >= 2


def test_hooks_hear_of_every_call():
    layer, heard = known(Recurrent("lstm", 3, 5)), []
    layer.stack[0].register_forward_hook(lambda *_: heard.append(0))
    layer(torch.randn(4, 2, 3))
    with torch.nn.modules.module.register_module_forward_hook(lambda *_: heard.append(1)):
        layer(torch.randn(4, 2, 3))
    assert heard == [0, 1, 0, 1]


@pytest.mark.parametrize("given", [False, True], ids=["from the start", "from a state"])
def test_weights_that_are_computed_are_computed_once_a_call(given):
    layer, count = Recurrent("gru", 3, 5), []

    class Counted(torch.nn.Module):
        def forward(self, weight):
            count.append(0)
            return weight * 2

    torch.nn.utils.parametrize.register_parametrization(layer.stack[0], "U_n", Counted())
    count.clear()
    for _ in range(5):
        layer(torch.randn(4, 2, 3), torch.randn(1, 2, 5) if given else None)
    assert len(count) == 5


def test_what_stands_in_the_place_of_forward_is_called(monkeypatch):
    layer, heard = known(Recurrent("lstm", 3, 5)), []
    own = layer.stack[0].forward
    monkeypatch.setattr(layer.stack[0], "forward", lambda *a, **k: heard.append(0) or own(*a, **k))
    layer(torch.randn(4, 2, 3)), layer(torch.randn(4, 2, 3))
    assert len(heard) == 2


def test_a_layer_of_another_class_is_itself():
    class Doubled(Layer):
        def forward(self, *args, **wishes):
            found = super().forward(*args, **wishes)
            return replace(found, outputs={"y": 2 * found.outputs["y"]})

    layer, x = Recurrent("rnn", 3, 5), torch.randn(4, 2, 3)
    expected = 2 * layer(x)[0]
    layer.stack[0].__class__ = Doubled
    for _ in range(4):
        assert torch.equal(layer(x)[0], expected)


def test_other_precision_and_noise_are_seen():
    layer, x = known(Recurrent("lstm", 3, 50)), torch.randn(4, 2, 3)
    layer.eval()
    for number, change in enumerate(({"precision": "bf16"}, {"zoneout": 0.5})):
        other = Recurrent("lstm", 3, 50, **change).eval()
        other.load_state_dict(layer.state_dict())
        if number:
            layer.stack[0].precision, layer.stack[0].noise = "full", other.stack[0].noise
        else:
            layer.stack[0].precision = "bf16"
        assert torch.equal(layer(x)[0], other(x)[0])


def test_copies_begin_anew(made):
    layer, x = known(Recurrent("lstm", 3, 5)), torch.randn(4, 2, 3)
    made.clear()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        y = other(x)[0]
        assert not made
        assert torch.equal(y, layer(x)[0])
        made.clear()


def test_noise_is_drawn_anew_at_every_call():
    layer, x = Recurrent("lstm", 3, 50, zoneout=0.5), torch.randn(4, 2, 3)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    layer.eval()
    agree_with = layer(x)[0]
    assert torch.equal(layer(x)[0], agree_with)
