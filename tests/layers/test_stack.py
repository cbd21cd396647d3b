"""Unlike layers upon one another give what they give one after the other."""

from __future__ import annotations

import pytest
import torch

from elman import Recurrent, Stack
from elman.errors import ConfigError, ShapeError


def made(**more) -> Stack:
    torch.manual_seed(0)
    layers = (Recurrent("lstm", 4, 6), Recurrent("gru", 6, 6, bidirectional=False))
    return Stack(*layers, Recurrent("rnn", 6, 3), **more).double()


def some(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def test_layers_follow_one_another():
    stack, x = made(), some(5, 2, 4)
    y, states = stack(x, lengths=[3, 5])
    for layer, state in zip(stack.stack, states, strict=True):
        x, last = layer(x, lengths=[3, 5])
        torch.testing.assert_close(state, last)
    assert torch.equal(y, x) and y.shape == (5, 2, 3)


def test_a_residual_layer_adds_its_input_where_it_can():
    stack, x = made(residual=True), some(5, 2, 4)
    first, _ = stack.stack[0](x)
    second, _ = stack.stack[1](first)
    third, _ = stack.stack[2](first + second)
    assert torch.equal(stack(x)[0], third)


def test_steps_of_a_stack_are_the_sequence():
    stack, x, state, seen = made(residual=True), some(5, 2, 4), None, []
    for step in x:
        y, state = stack.step(step, state)
        seen.append(y)
    want, last = stack(x)
    assert torch.equal(torch.stack(seen), want)
    assert torch.equal(state[1], last[1]) and torch.equal(state[0][1], last[0][1])
    assert not last.detach()[1].requires_grad
    again, _ = stack(x, stack.zero_state(2))
    assert torch.equal(again, want)


def test_layers_that_do_not_fit_are_refused_with_their_sizes():
    with pytest.raises(ConfigError, match=r"^layer 0 gives 6 units, but layer 1 reads 5$"):
        Stack(Recurrent("lstm", 4, 6), Recurrent("gru", 5, 6))
    with pytest.raises(ConfigError, match=r"^either all layers"):
        Stack(Recurrent("lstm", 4, 6), Recurrent("gru", 6, 6, batch_first=True))
    with pytest.raises(ConfigError, match=r"^a stack needs at least one layer"):
        Stack()
    with pytest.raises(ShapeError, match=r"^the stack has 3 layers, but 1 states came$"):
        made()(some(5, 2, 4), (some(1, 2, 6),))
