"""Autograd knows a call of compiled code, the first of its kind and one made again alike."""

from __future__ import annotations

import pytest
import torch

from elman import Recurrent
from elman.kernels.llvm import Again
from elman.layers import steps
from elman.layers.way import Way


@pytest.fixture(params=["first", "again", "short"])
def layer(request, monkeypatch) -> Recurrent:
    """A layer whose calls of shape (4, 2, 3) are made anew, or again, or as short ones are."""
    if request.param != "short":
        monkeypatch.setattr(steps, "SHORT", -1)
    torch.manual_seed(0)
    layer = Recurrent("lstm", 3, 5, dtype=torch.float64)
    monkeypatch.setattr(layer, "made", [], raising=False)
    if request.param != "first":
        for _ in range(2):
            layer(randn(4, 2, 3))
        again, short = Again.run, Way.forward
        monkeypatch.setattr(Again, "run", lambda self, t: layer.made.append(0) or again(self, t))
        monkeypatch.setattr(Way, "forward", lambda *args: layer.made.append(0) or short(*args))
    if request.param == "again":
        request.addfinalizer(lambda: pytest.fail("not made again") if not layer.made else None)
    return layer


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def eager(layer: Recurrent) -> Recurrent:
    """The same in torch's own operations."""
    other = Recurrent("lstm", 3, 5, dtype=torch.float64, target="eager")
    other.load_state_dict(layer.state_dict())
    return other


def gradients(layer: Recurrent, x: torch.Tensor, state=None) -> list[torch.Tensor]:
    """Those of weights, input and state, where only a part of the results counts."""
    wanted = [*layer.parameters(), x, *(state or ())]
    y, (h, c) = layer(x, state)
    return [*torch.autograd.grad((y[1:].sin().sum(), c.sum(), h[0, 0, 0]), wanted)]


def close(found, expected) -> bool:
    return all(torch.allclose(*pair, rtol=1e-10) for pair in zip(found, expected, strict=True))


@pytest.mark.parametrize("given", [False, True], ids=["from the start", "from a state"])
def test_gradients_of_all_that_is_given(layer, given):
    x = randn(4, 2, 3).requires_grad_()
    state = (randn(1, 2, 5).requires_grad_(), randn(1, 2, 5).requires_grad_()) if given else None
    expected = gradients(eager(layer), x, state)
    for _ in range(3):
        assert close(gradients(layer, x, state), expected)


def test_what_needs_no_gradient_gets_none(layer):
    layer.stack[0].U_f.requires_grad_(False)
    x = randn(4, 2, 3)
    expected = eager(layer)
    for net in (layer, expected):
        net(x)[0].square().sum().backward()
    assert layer.stack[0].U_f.grad is None
    assert close([layer.stack[0].W_f.grad], [expected.stack[0].W_f.grad])


def test_a_graph_may_be_kept_and_gone_back_twice(layer):
    loss = layer(randn(4, 2, 3))[0].sin().sum()
    once = torch.autograd.grad(loss, list(layer.parameters()), retain_graph=True)
    twice = torch.autograd.grad(loss, list(layer.parameters()))
    assert all(map(torch.equal, once, twice))
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(loss, list(layer.parameters()))


def test_what_is_changed_on_the_way_is_refused(layer):
    loss = layer(randn(4, 2, 3))[0].sum()
    with torch.no_grad():
        layer.stack[0].U_f.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_saved_tensors_may_be_elsewhere(layer):
    x = randn(4, 2, 3).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t.clone()):
        y, (_, c) = layer(x)
    found = torch.autograd.grad((y.sin().sum(), c.sum()), [*layer.parameters(), x])
    other = eager(layer)
    y, (_, c) = other(x)
    assert close(found, torch.autograd.grad((y.sin().sum(), c.sum()), [*other.parameters(), x]))


def test_second_derivatives(layer):
    x = randn(4, 2, 3).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: layer(x)[0], (x,))


def test_many_gradients_at_once(layer):
    x = randn(4, 2, 3).requires_grad_()
    ways = randn(3, 4, 2, 5)
    y = layer(x)[0]
    (found,) = torch.autograd.grad(y, x, ways, is_grads_batched=True, retain_graph=True)
    each = [torch.autograd.grad(y, x, way, retain_graph=True)[0] for way in ways]
    assert torch.allclose(found, torch.stack(each))


def test_many_gradients_by_vmap(layer):
    x = randn(4, 2, 3).requires_grad_()
    ways = randn(3, 4, 2, 5)
    y = layer(x)[0]
    found = torch.vmap(lambda way: torch.autograd.grad(y, x, way, retain_graph=True)[0])(ways)
    each = [torch.autograd.grad(y, x, way, retain_graph=True)[0] for way in ways]
    assert torch.allclose(found, torch.stack(each))


def test_a_parameter_that_is_only_compared_has_no_gradient():
    layer = Recurrent("h' = where(x > b, tanh(U h + x), h)", 3, 3)
    for _ in range(4):
        layer(torch.randn(4, 2, 3))[0].sum().backward()
    assert layer.stack[0].b.grad is None
    assert layer.stack[0].U.grad is not None


def test_second_derivatives_of_calls_that_follow_one_another(layer):
    x = randn(2, 4, 2, 3).requires_grad_()
    found = []
    for one in (layer, eager(layer)):
        weights = list(one.parameters())
        _, state = one(x[0])
        y, _ = one(x[1], state)  # which depends on the weights in two ways
        first = torch.autograd.grad(y.sin().sum(), [x, *weights], create_graph=True)
        total = sum(part.square().sum() for part in first)
        found.append([*first, *torch.autograd.grad(total, [x, *weights])])
    assert close(*found)
