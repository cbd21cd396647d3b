"""Unlike layers upon one another give what they give one after the other."""

from __future__ import annotations

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

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


def test_further_inputs_and_records_go_to_the_layers_that_know_them():
    torch.manual_seed(0)
    second = Recurrent("input u[E]\nstatic v[F]\nh' = tanh(A u + B v + W x)", 6, 4,
                       sizes={"E": 2, "F": 3})  # fmt: skip
    stack = Stack(Recurrent("lstm", 4, 6), second).double()
    x, more = some(5, 2, 4), {"inputs": {"u": some(5, 2, 2)}, "static": {"v": some(2, 3)}}
    y, _, seen = stack(x, **more, record=["f", "o"])
    first, _, want = stack.stack[0](x, record=["f", "o"])
    assert torch.equal(y, second(first, **more)[0])
    assert len(seen) == 2 and seen[1] == {} and torch.equal(seen[0]["f"], want["f"])
    one, _ = Stack(second)(first, **more)
    assert torch.equal(one, y)
    with pytest.raises(ConfigError, match=r"^record names 'q', but the layers of this stack have"):
        stack(x, **more, record="q")
    with pytest.raises(ConfigError, match=r"^inputs names 'w', but the layers .* have x, u$"):
        stack(x, inputs={"w": x})


def test_a_residual_stack_takes_packed_sequences():
    stack, x = made(residual=True), some(5, 2, 4)
    y, _ = stack(pack_padded_sequence(x, torch.tensor([5, 3])))
    want, _ = stack(x, lengths=[5, 3])
    got, _ = pad_packed_sequence(y)
    assert torch.equal(got[:, 0], want[:, 0]) and torch.equal(got[:3, 1], want[:3, 1])


def test_saved_states_are_loaded_as_numbers(tmp_path):
    _, states = made()(some(5, 2, 4))
    torch.save(states, tmp_path / "a.pt")
    again = torch.load(tmp_path / "a.pt", weights_only=True)
    assert type(again) is type(states) and torch.equal(again.detach()[0][1], states[0][1])
