"""A step of all layers from address to address: where everything lies, there and back."""

from __future__ import annotations

import pytest
import torch

from elman import Recurrent
from elman.layers.steps import MEMORY, STATES, StepsBack, X, stepwise

ROWS, UNITS, LAYERS = 2, 5, 3
STATE = ROWS * UNITS * 8  # bytes


def net(cell: str = "lstm", **more) -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(cell, UNITS, UNITS, LAYERS, dtype=torch.float64, **more)


def made(layer: Recurrent, *, training: bool):
    steps = stepwise(layer.stack, torch.zeros(ROWS, UNITS).double(), "auto", training=training)
    assert steps is not None
    return steps


def addresses(*tensors: torch.Tensor) -> list[int]:
    return [tensor.data_ptr() for tensor in tensors]


@pytest.mark.parametrize("training", [False, True])
def test_a_step_fills_the_output_and_the_states(training):
    layer = net()
    steps = made(layer, training=training)
    x, state = (
        torch.randn(ROWS, UNITS).double(),
        [torch.randn(LAYERS, ROWS, UNITS).double() for _ in "hc"],
    )
    y, *after = torch.full_like(steps.y, torch.nan), *(torch.full_like(p, torch.nan) for p in state)
    memory = torch.empty_like(steps.memory)
    steps(addresses(x, memory, *state, y, *after))
    want, last = layer(x[None], tuple(state))
    assert torch.equal(y, want[0]) and all(map(torch.equal, after, last))


def test_every_layer_reads_its_own_part_of_the_states():
    steps = made(net(), training=False)
    for number, spots in enumerate(steps.spots):
        assert [(spot.base, spot.offset) for spot in spots[1:3]] == [
            (STATES, number * STATE), (STATES + 1, number * STATE)
        ]  # fmt: skip
    y = STATES + 2
    assert steps.spots[0][0] == (X, 0)
    # h is the output, which the layer above reads
    assert [spots[0] for spots in steps.spots[1:]] == [(y + 1, 0), (y + 1, STATE)]


def test_in_training_nothing_of_a_step_lies_where_it_may_be_written_to():
    steps = made(net(), training=True)
    bases = {spot.base for spots in steps.spots for spot in spots[3:]}  # behind x, h and c
    places = [spot for spots in steps.spots for spot in spots[3:]]
    assert bases == {MEMORY} and len(set(places)) == len(places)
    assert max(spot.offset for spot in places) + STATE <= steps.memory.nbytes


def test_what_does_not_lie_as_a_step_takes_it_is_refused():
    steps = made(net("gru"), training=False)
    x, h = torch.zeros(ROWS, UNITS).double(), torch.zeros(LAYERS, ROWS, UNITS).double()
    assert steps.take(x, [h])
    assert (
        not steps.take(x, [h, h]) and not steps.take(x, [h[:2]]) and not steps.take(x, [h.float()])
    )
    assert not steps.take(x.t().contiguous().t(), [h])
    assert not steps.take(x, [h.transpose(0, 2).contiguous().transpose(0, 2)])
    assert not steps.take(torch._neg_view(x), [h])


def test_cells_that_read_more_than_x_have_no_such_step():
    layer = net("input z\nh' = tanh(x + z + h)", sizes={})
    assert stepwise(layer.stack, torch.zeros(ROWS, UNITS).double(), "auto") is None
    assert stepwise(net().stack, torch.zeros(ROWS, UNITS + 1).double(), "auto") is None
    assert stepwise(net().stack, torch.zeros(ROWS, UNITS), "auto") is None
    assert stepwise(net().stack, torch.zeros(ROWS, UNITS).double(), "eager") is None


def test_the_way_back_adds_to_the_sums_of_weights():
    layer = net("gru")
    steps = made(layer, training=True)
    x, h = torch.randn(ROWS, UNITS).double(), torch.randn(LAYERS, ROWS, UNITS).double()
    memory, y, after = (
        torch.empty_like(steps.memory),
        torch.empty_like(steps.y),
        torch.empty_like(h),
    )
    steps(addresses(x, memory, h, y, after))
    names = [(1, "W_r"), (0, "b_z")]
    back = StepsBack(steps, layer.stack, (True, False), (True, True), names)
    assert back.reached == [0, 1]
    of_y, of_x, of_h = torch.ones_like(y), torch.empty_like(x), torch.empty_like(h)
    sums = [torch.zeros(UNITS, UNITS).double(), torch.zeros(UNITS).double()]
    for _ in range(2):
        back([*addresses(x, memory, h, y, of_y, of_x, back.scrap), 0, *addresses(of_h, *sums)])
    x.requires_grad_(), h.requires_grad_()
    wanted = [x, h, layer.stack[1].W_r, layer.stack[0].b_z]
    want = torch.autograd.grad(layer(x[None], h)[0].sum(), wanted)
    found = [of_x, of_h, *(one / 2 for one in sums)]
    assert all(torch.allclose(*pair) for pair in zip(found, want, strict=True))


def test_weights_that_only_pretend_are_left_to_others():
    class Own(torch.Tensor):
        pass

    layer = net("gru")
    own = torch.nn.Parameter(layer.stack[1].W_r.detach().as_subclass(Own), requires_grad=False)
    layer.stack[1]._parameters["W_r"] = own
    assert stepwise(layer.stack, torch.zeros(ROWS, UNITS).double(), "auto") is None


def test_of_a_long_sequence_no_room_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr("elman.layers.steps.stepping", lambda *args, **more: asked.append(args))
    for steps, short in ((100, True), (1 << 20, False)):
        x = torch.zeros(1, 1, UNITS).double().expand(steps, 1, UNITS)
        assert stepwise(net("gru").stack, x, "auto") is None and bool(asked) == short
        asked.clear()
