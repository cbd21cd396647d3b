"""What a layer gives beyond torch's: lengths, resets, all states, quantities, noise, directions.

Every result is held against single sequences, or against the eager target, whose derivative is
torch's own.
"""

from __future__ import annotations

import itertools
import re
import weakref

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from elman import Recurrent
from elman.errors import ConfigError, ShapeError
from elman.layers.layer import Layer

LENGTHS = [3, 6, 0, 5]
KINDS = {
    "plain": {},
    "both": {"bidirectional": True},
    "learned": {"learn_start": True, "bidirectional": True},
    "dropped": {"input_dropout": 0.3, "state_dropout": 0.2},
    "zoned": {"zoneout": {"c": 0.5, "h": 0.05}},
}


def made(cell: str = "lstm", target: str = "auto", layers: int = 2, **more) -> Recurrent:
    torch.manual_seed(1)
    return Recurrent(cell, 5, 7, layers, target=target, dtype=torch.float64, **more)


def some(*shape: int) -> torch.Tensor:
    torch.manual_seed(2)
    return torch.randn(*shape, dtype=torch.float64)


def close(ours, theirs) -> None:
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("kind", "training"), [*itertools.product(KINDS, [True, False])])
@pytest.mark.parametrize("ragged", ["whole", "lengths", "resets"])
def test_both_targets_give_the_same_numbers_and_gradients(kind, training, ragged):
    found = []
    reset = torch.rand(6, 4, generator=torch.Generator().manual_seed(0)) < 0.3
    given = {"lengths": None if ragged == "whole" else LENGTHS}
    given |= {"reset": reset} if ragged == "resets" else {}
    for target in ("llvm", "eager"):
        layer = made(target=target, **KINDS[kind]).train(training)
        torch.manual_seed(3)
        y, all_, seen = layer(some(6, 4, 5), return_states="all", record=("i", "f"), **given)
        torch.manual_seed(3)
        _, last = layer(some(6, 4, 5), **given)
        loss = y.sin().sum() + sum(part.cos().sum() for part in (*all_, *last))
        gradients = torch.autograd.grad(loss, list(layer.parameters()))
        found.append([y, *all_, *last, *seen.values(), *gradients])
    close(*found)


def test_rows_with_lengths_give_what_they_give_alone():
    layer, x = made(bidirectional=True), some(6, 4, 5)
    y, (h, _) = layer(x, lengths=LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone, last = layer(x[:length, row : row + 1])
        close([y[:length, row : row + 1], h[:, row : row + 1]], [alone, last[0]])
        assert not y[length:, row].any()


def test_a_packed_sequence_gives_what_lengths_give():
    layer, x = made(bidirectional=True), some(6, 4, 5)
    lengths = torch.tensor([3, 6, 1, 5])
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    start = (some(4, 4, 7), some(4, 4, 7))
    y, last = layer(packed, start)
    want, wanted = layer(x, start, lengths=lengths)
    close([pad_packed_sequence(y)[0], *last], [want, *wanted])


def test_a_reset_begins_a_new_sequence_in_every_layer():
    layer, x = made(), some(6, 1, 5).requires_grad_()
    reset = torch.zeros(6, 1, dtype=torch.bool)
    reset[2] = True
    y, last = layer(x, (some(2, 1, 7), some(2, 1, 7)), reset=reset)
    after, end = layer(x[2:])
    close([y[2:], *last], [after, *end])
    gradient = torch.autograd.grad(y[2:].sum(), x)[0]
    assert not gradient[:2].any() and gradient[2:].all()


def test_a_reset_cuts_both_directions_at_one_place():
    layer, x = made("gru", bidirectional=True, layers=1), some(6, 2, 5)
    reset = torch.zeros(6, 2, dtype=torch.bool)
    reset[3] = True
    y, _ = layer(x, reset=reset)
    close([y], [torch.cat([layer(x[:3])[0], layer(x[3:])[0]])])


def test_a_default_device_elsewhere_changes_nothing():
    layer, x = made(), some(6, 4, 5)
    want = layer(x)[0]
    with torch.device("meta"):
        assert torch.equal(layer(x)[0], want)


def test_all_states_hold_the_last_ones_and_a_gradient():
    layer, x = made(), some(6, 4, 5)
    _, (h, c) = layer(x, return_states="all")
    _, last = layer(x)
    assert h.shape == c.shape == (2, 6, 4, 7)
    close([h[:, -1], c[:, -1]], last)
    assert torch.autograd.grad(c[0, 2].sum(), layer.layers[0].W_g)[0].any()
    first = made(batch_first=True)
    _, (h, _) = first(x.transpose(0, 1), return_states="all")
    assert h.shape == (2, 4, 6, 7)


def test_recorded_quantities_are_those_of_the_equations():
    layer, x = made("gru", layers=1), some(6, 4, 5)
    y, _, seen = layer(x, record=["z", "n"])
    before = torch.cat([torch.zeros(1, 4, 7).double(), y[:-1]])
    close([(1 - seen["z"][0]) * seen["n"][0] + seen["z"][0] * before], [y])
    assert not seen["z"].requires_grad
    assert torch.equal(y, layer(x)[0])


def test_one_quantity_may_be_named_alone():
    layer, x = made("q_1 = tanh(W x + U h)\nh' = q_1"), some(6, 4, 5)
    assert torch.equal(layer(x, record="q_1")[2]["q_1"], layer(x, record=["q_1"])[2]["q_1"])


def test_quantities_as_wide_as_the_input_come_layer_by_layer():
    layer = made("q = tanh(x)\nh' = tanh(W q + U h)")
    _, _, seen = layer(some(6, 4, 5), record=["q"])
    assert [part.shape[-1] for part in seen["q"]] == [5, 7]


def test_steps_of_a_stream_are_the_sequence_bit_for_bit():
    for first in (False, True):
        layer = made(batch_first=first).float()
        x, state, seen = some(6, 4, 5).float(), None, []
        for step in x:
            y, state = layer.step(step, state)
            seen.append(y)
        want, last = layer(x.transpose(0, 1) if first else x)
        want = want.transpose(0, 1) if first else want
        assert torch.equal(torch.stack(seen), want)
        assert all(torch.equal(a, b) for a, b in zip(state, last, strict=True))


def test_a_state_can_be_cut_from_its_past():
    _, state = made()(some(6, 4, 5))
    assert state[0].requires_grad and not any(part.requires_grad for part in state.detach())
    assert isinstance(state, tuple) and torch.equal(state.detach()[1], state[1])


@pytest.mark.parametrize("kind", ["dropped", "zoned"])
def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(kind):
    layer, x, found = made(**KINDS[kind]), some(200, 14, 5), []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            torch.manual_seed(5)
            found.append(layer(x)[0])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, found[0]) for one in found)
    assert not torch.equal(layer(x)[0], found[0])
    layer.eval()
    assert torch.equal(layer(x)[0], layer(x)[0])


def test_masks_differ_between_layers_and_directions():
    layer = Recurrent("h' = x", 40, 40, input_dropout=0.5, bidirectional=True)
    ones = torch.ones(3, 2, 40)
    y, _ = layer(ones)
    forwards, backwards = y[..., :40], y[..., 40:]
    assert {*y.unique().tolist()} == {0.0, 2.0}
    assert not torch.equal(forwards, backwards) and not torch.equal(y[:, 0], y[:, 1])
    assert torch.equal(y[0], y[1])


def test_a_learned_start_is_where_rows_begin_and_begin_again():
    layer, x = made(layers=1, learn_start=True), some(6, 4, 5)
    with torch.no_grad():
        layer.layers[0].start["c"].fill_(0.7)
    reset = torch.zeros(6, 4, dtype=torch.bool)
    reset[3] = True
    y, _ = layer(x, reset=reset)
    close([y[3:]], [layer(x[3:])[0]])
    fixed = Recurrent("state c = 0.7\n" + layer.cell.text, 5, 7, dtype=torch.float64)
    fixed.load_state_dict({n: p for n, p in layer.state_dict().items() if "start" not in n})
    close([y], [fixed(x, reset=reset)[0]])
    assert [n for n, _ in layer.named_parameters() if "start" in n] == [
        "layers.0.start.h",
        "layers.0.start.c",
    ]


def test_two_directions_have_parameters_of_their_own():
    layer = made(bidirectional=True)
    assert layer.output_size == 14 and isinstance(layer.backwards[1], Layer)
    assert layer.backwards[1].W_i.shape == (7, 14)
    assert layer.zero_state(3)[0].shape == (4, 3, 7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, not 1.0"),
        ({"input_dropout": -0.1}, "input_dropout must be at least 0 and below 1, not -0.1"),
        ({"zoneout": {"c": 2.0}}, "zoneout of c must be at least 0 and below 1, not 2.0"),
        ({"zoneout": {"q": 0.1}}, "zoneout names q, but lstm has h, c"),
    ],
)
def test_rates_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        made(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"record": ["q"]}, "lstm has no quantity 'q' to record: it has i, f, g, o"),
        ({"return_states": "none"}, "return_states must be 'last' or 'all', not 'none'"),
        ({"lengths": [7, 1, 1, 1]}, "lengths must lie between 0 and 6, but row 0 has 7"),
        ({"lengths": [1]}, "lengths must have one number for each of 4 rows: shape (4,), not (1,)"),
        ({"state": torch.zeros(2, 4, 7)}, "lstm has 2 states (h, c), but 1 tensor came"),
    ],
)
def test_a_call_that_does_not_fit_is_told_its_own_numbers(wrong, message):
    with pytest.raises((ConfigError, ShapeError), match=f"^{re.escape(message)}$"):
        made()(some(6, 4, 5), **wrong)


def test_a_step_is_one_step_in_one_direction():
    with pytest.raises(ConfigError, match=r"^a bidirectional layer needs whole sequences"):
        made(bidirectional=True).step(some(4, 5))
    with pytest.raises(ShapeError, match=r"^a step reads shape \(rows, 5\), not \(6, 4, 5\)$"):
        made().step(some(6, 4, 5))


def test_tensors_that_only_promise_their_numbers_are_read_right():
    torch.manual_seed(0)
    layer, plain = Recurrent("lstm", 1, 6), torch.randn(7, 3, 1)
    negative = torch._neg_view(-plain)
    assert negative.is_neg()
    for promise, value in ((negative, plain), (torch._efficientzerotensor((7, 3, 1)), 0 * plain)):
        want = layer(value)[0].detach()
        y, _ = layer(promise)
        assert torch.equal(y, want)
        state = tuple(torch._neg_view(torch.ones(1, 3, 6)) for _ in range(2))
        other = tuple(-torch.ones(1, 3, 6) for _ in range(2))
        assert torch.equal(layer(promise, state)[0], layer(value, other)[0])
        with layer.frozen():
            step = layer.step(promise[0], state)[0]
            assert torch.equal(step, layer.step(value[0], other)[0])
    eager = Recurrent("lstm", 1, 6, target="eager")
    torch.testing.assert_close(eager(negative)[0], eager(plain)[0])


def test_gradients_that_only_promise_their_numbers_are_read_right():
    layer, x = Recurrent("gru", 2, 6), torch.randn(7, 3, 2, requires_grad=True)
    y, _ = layer(x)
    seed = torch.randn_like(y)
    want = torch.autograd.grad(y, x, seed, retain_graph=True)
    found = torch.autograd.grad(y, x, torch._neg_view(-seed))
    assert torch.equal(*want, *found)


@pytest.mark.parametrize("target", ["llvm", "eager"])
@pytest.mark.parametrize("cell", ["ctrnn", "scrn", "intersection"])
def test_an_output_may_be_recorded_too(cell, target):
    sizes = {"R": 4} if cell == "scrn" else {}
    layer = Recurrent(cell, 5, 5, sizes=sizes, target=target)
    y, _, seen = layer(torch.randn(7, 3, 5), record=["y"])
    assert torch.equal(seen["y"][0], y) and not seen["y"].requires_grad


def test_an_input_is_let_go_when_its_gradient_is_there():
    layer = Recurrent("gru", 2, 6)
    x = torch.randn(7, 3, 2)
    seen = weakref.ref(x)
    y, _ = layer(x)
    del x
    assert seen() is not None
    y.sum().backward()
    assert seen() is None and y.isfinite().all()


@pytest.mark.parametrize("name", ["training", "float", "cell", "weights", "start"])
def test_names_that_modules_have_for_themselves_are_refused(name):
    with pytest.raises(ConfigError, match=f"a layer cannot hold '{name}', a name that torch's"):
        Recurrent(f"param {name}\nh' = tanh(W x + {name})", 3, 4)


def test_states_are_named_otherwise_than_what_holds_their_learned_starts():
    text = "keys' = tanh(W x + U keys)"
    Recurrent(text, 3, 4)(torch.randn(2, 1, 3))
    with pytest.raises(ConfigError, match="a layer cannot hold 'keys'"):
        Recurrent(text, 3, 4, learn_start=True)
