"""Ways are made for calls that come again, and only for so many kinds of them."""

from __future__ import annotations

import pytest
import torch

from elman import Recurrent
from elman.layers import way
from elman.layers.steps import stepwise
from elman.layers.way import Way, Ways


@pytest.fixture
def made() -> Way:
    layer = Recurrent("gru", 4, 4)
    steps = stepwise(layer.stack, torch.zeros(2, 4), "auto")
    assert steps is not None
    return Way(steps, layer.stack)


def test_a_way_is_made_at_the_second_call_of_its_kind(made):
    ways, asked = Ways(), []
    found = [ways.of("a", lambda: asked.append(0) or made) for _ in range(3)]
    assert found == [None, made, made] and len(asked) == 1
    ways.forget()
    assert ways.of("a", lambda: made) is None


def test_a_way_may_be_made_at_once(made):
    assert Ways(at_once=True).of("a", lambda: made) is made


def test_that_there_is_no_way_is_remembered():
    ways, asked = Ways(), []
    assert [ways.of("a", lambda: asked.append(0)) for _ in range(4)] == [None] * 4
    assert len(asked) == 1


@pytest.mark.parametrize("bound", ["kinds", "bytes"])
def test_kinds_that_come_late_have_none_until_the_others_are_given_up(made, monkeypatch, bound):
    if bound == "kinds":
        monkeypatch.setattr(way, "KINDS", 3)
    else:
        monkeypatch.setattr(way, "MOST", 3 * made.steps.nbytes)
    monkeypatch.setattr(way, "PATIENCE", 5)
    ways = Ways()
    for kind in range(4):
        ways.of(kind, lambda: made)
        assert ways.of(kind, lambda: made) is (made if kind < 3 else None)
    assert ways.of(0, lambda: made) is made  # the early ones stay
    found = [ways.of(3, lambda: made) for _ in range(5)]
    assert found == [None] * 3 + [made] * 2 and list(ways.known) == [3]


def test_sequences_that_all_differ_leave_no_list_without_end(made, monkeypatch):
    monkeypatch.setattr(way, "PATIENCE", 10)
    ways = Ways()
    for kind in range(1000):
        assert ways.of(kind, lambda: made) is None
    assert not ways.known and len(ways._once) <= 10


def test_a_net_remembers_no_more_lengths_than_are_worth_while():
    layer = Recurrent("gru", 4, 4)
    for _ in range(2):
        for steps in range(1, 80):
            layer(torch.randn(steps, 1, 4))
    assert len(layer._unrolled.ways.known) == way.KINDS
    assert torch.equal(layer(torch.ones(79, 1, 4))[0][:3], layer(torch.ones(3, 1, 4))[0])


def test_ways_back_are_counted_and_bounded(monkeypatch):
    monkeypatch.setattr(way, "BACKS", 2)
    layer, x = Recurrent("gru", 4, 4), torch.randn(5, 2, 4)
    for _ in range(2):
        layer(x)
    (one,) = layer._unrolled.ways.known.values()
    assert one is not None and one.nbytes == one.steps.nbytes
    weights = list(layer.parameters())
    for still in weights:
        still.requires_grad_(False)
        others = [weight for weight in weights if weight is not still]
        found = torch.autograd.grad(layer(x)[0].sum(), others)
        still.requires_grad_(True)
        assert len(found) == len(others) and 1 <= len(one._backs) <= 2
    assert one.nbytes > one.steps.nbytes
