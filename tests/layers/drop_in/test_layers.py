"""RNN, GRU and LSTM beside torch's, over the product of their arguments: numbers and errors.

More than 500 combinations of arguments and inputs: every one with the same weights in both.
"""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman
from elman.errors import ShapeError

NAMES = ("RNN", "GRU", "LSTM")
KINDS = ("batched", "single", "packed", "unsorted")
T, B, D, H = 5, 3, 4, 6


@dataclass(frozen=True)
class Combination:
    """Arguments of a layer, and what it is called with."""

    name: str
    arguments: dict[str, Any]
    kind: str
    with_state: bool
    dtype: torch.dtype


def combinations(name: str) -> Iterator[Combination]:
    axes = itertools.product((1, 2, 3), (True, False), (True, False), (True, False))
    for number, (layers, bias, first, both) in enumerate(axes):
        given = {"num_layers": layers, "bias": bias, "batch_first": first, "bidirectional": both}
        more = {"RNN": "nonlinearity", "LSTM": "proj_size"}.get(name)
        for choice in {"RNN": ("tanh", "relu"), "LSTM": (0, 2)}.get(name, (None,)):
            arguments = given | ({more: choice} if more else {})
            for kind, with_state in itertools.product(KINDS, (False, True)):
                dtype = (torch.float64, torch.float32)[(number + with_state) % 2]
                yield Combination(name, arguments, kind, with_state, dtype)


def pair(name: str, dtype: torch.dtype = torch.float64, **arguments: Any) -> tuple[Any, Any]:
    """torch's layer and ours, with the same weights."""
    torch.manual_seed(0)
    theirs = getattr(nn, name)(D, H, **arguments, dtype=dtype)
    ours = getattr(elman, name)(D, H, **arguments, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def call(of: Combination) -> tuple[Any, Any, list[torch.Tensor]]:
    """An input, a state, and the tensors that gradients are wanted of."""
    torch.manual_seed(1)
    first = of.arguments["batch_first"]
    shape = (T, D) if of.kind == "single" else (B, T, D) if first else (T, B, D)
    x = torch.randn(shape, dtype=of.dtype, requires_grad=True)
    lead = of.arguments["num_layers"] * (1 + of.arguments["bidirectional"])
    rows = () if of.kind == "single" else (B,)
    sizes = [of.arguments.get("proj_size") or H, H][: 1 + (of.name == "LSTM")]
    parts = [torch.randn(lead, *rows, s, dtype=of.dtype, requires_grad=True) for s in sizes]
    state = (tuple(parts) if of.name == "LSTM" else parts[0]) if of.with_state else None
    wanted = [x, *parts] if of.with_state else [x]
    if of.kind in ("packed", "unsorted"):
        lengths = torch.tensor([5, 3, 1] if of.kind == "packed" else [2, 5, 4])
        sorted_ = of.kind == "packed"
        return (
            pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=sorted_),
            state,
            wanted,
        )
    return x, state, wanted


def results(layer: Any, input: Any, state: Any, wanted: list[torch.Tensor]) -> list[torch.Tensor]:
    y, last = layer(input, state)
    outputs = [y.data if isinstance(y, PackedSequence) else y]
    outputs += list(last) if isinstance(last, tuple) else [last]
    loss = sum(value.sin().sum() for value in outputs)
    parameters = list(layer.parameters())
    gradients = torch.autograd.grad(loss, [*wanted, *parameters], retain_graph=True)
    return [*outputs, *gradients]


def test_there_are_more_than_500_combinations():
    assert sum(len(list(combinations(name))) for name in NAMES) >= 500


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("name", NAMES)
def test_every_combination_gives_what_torch_gives(name):
    for of in combinations(name):
        theirs, ours = pair(name, of.dtype, **of.arguments)
        given = call(of)
        bound = 1e-11 if of.dtype == torch.float64 else 2e-5
        for want, got in zip(results(theirs, *given), results(ours, *given), strict=True):
            assert got.shape == want.shape and got.dtype == want.dtype, of
            assert (got - want).abs().max() <= bound * max(1, want.abs().max()), of


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_torchs_by_name_order_and_start(name):
    torch.manual_seed(3)
    theirs = getattr(nn, name)(D, H, 2, bidirectional=True)
    torch.manual_seed(3)
    ours = getattr(elman, name)(D, H, 2, bidirectional=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(
        torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True)
    )
    assert repr(ours) == repr(theirs)
    assert [[*names] for names in ours.all_weights] and len(ours.all_weights) == 4
    theirs.load_state_dict(ours.state_dict())


BAD_ARGUMENTS = [
    {"input_size": 0, "hidden_size": 3},
    {"input_size": 2, "hidden_size": 0},
    {"input_size": 2.5, "hidden_size": 3},
    {"input_size": 2, "hidden_size": 3, "num_layers": 0},
    {"input_size": 2, "hidden_size": 3, "bias": 1},
    {"input_size": 2, "hidden_size": 3, "batch_first": "yes"},
    {"input_size": 2, "hidden_size": 3, "dropout": 1.5},
    {"input_size": 2, "hidden_size": 3, "dropout": True},
    {"input_size": 2, "hidden_size": 3, "proj_size": 3},
    {"input_size": 2, "hidden_size": 3, "proj_size": -1},
    {"input_size": 2, "hidden_size": 3, "nonlinearity": "selu"},
    {"input_size": 2, "hidden_size": 3, "units": 3},
]


def said(run: Any) -> tuple[type, str]:
    with pytest.raises(Exception) as error:
        run()
    return error.type, str(error.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", BAD_ARGUMENTS, ids=str)
def test_wrong_arguments_are_refused_in_torchs_words(name, bad):
    theirs, ours = said(lambda: getattr(nn, name)(**bad)), said(lambda: getattr(elman, name)(**bad))
    assert ours == theirs


BAD_CALLS = {
    "features": (torch.zeros(5, 3, 7), None),
    "one axis": (torch.zeros(5), None),
    "four axes": (torch.zeros(2, 5, 3, 4), None),
    "no steps": (torch.zeros(0, 3, 4), None),
    "type": (torch.zeros(5, 3, 4, dtype=torch.float64), None),
    "rows of the state": (torch.zeros(5, 3, 4), torch.zeros(2, 2, 6)),
    "layers of the state": (torch.zeros(5, 3, 4), torch.zeros(1, 3, 6)),
    "units of the state": (torch.zeros(5, 3, 4), torch.zeros(2, 3, 5)),
    "axes of the state": (torch.zeros(5, 3, 4), torch.zeros(2, 6)),
    "state of a batch": (torch.zeros(5, 4), torch.zeros(2, 1, 6)),
    "packed features": (pack_padded_sequence(torch.zeros(5, 2, 7), torch.tensor([5, 2])), None),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", BAD_CALLS)
def test_wrong_calls_are_refused_in_torchs_words(name, what):
    theirs, ours = pair(name, torch.float32, num_layers=2)
    x, h = BAD_CALLS[what]
    state = (h, h) if name == "LSTM" and h is not None else h
    assert said(lambda: ours(x, state)) == said(lambda: theirs(x, state))


@pytest.mark.parametrize("name", NAMES)
def test_warnings_are_torchs(name):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        getattr(nn, name)(D, H, dropout=0.5)
        getattr(elman, name)(D, H, dropout=0.5)
    assert str(seen[0].message) == str(seen[1].message)


@pytest.mark.parametrize("name", NAMES)
def test_copies_pickles_and_moves_are_layers(name):
    _, ours = pair(name, num_layers=2, bidirectional=True)
    x = torch.randn(T, B, D).double()
    want = ours(x)[0]
    for other in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert torch.equal(other(x)[0], want)
    half = copy.deepcopy(ours).to(torch.bfloat16)
    torch.testing.assert_close(half(x.bfloat16())[0].double(), want, atol=0.05, rtol=0.05)
    assert torch.equal(ours.float().double()(x)[0], ours(x)[0])


@pytest.mark.parametrize("name", NAMES)
def test_autocast_gives_its_type(name):
    # torch's own GRU gives single precision here, its LSTM not every shape: no witness
    _, ours = pair(name, torch.float32)
    x = torch.randn(T, B, D)
    with torch.autocast("cpu", torch.bfloat16):
        got = ours(x)[0]
    assert got.dtype == torch.bfloat16
    torch.testing.assert_close(got.float(), ours(x)[0], atol=0.03, rtol=0.03)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_ordinary_parameters(name):
    theirs, ours = pair(name)
    x = torch.randn(T, B, D).double()
    for layer in (theirs, ours):
        parametrizations.weight_norm(layer, "weight_hh_l0")
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], atol=1e-11, rtol=0)
    gradient = torch.autograd.grad(ours(x)[0].sum(), list(ours.parameters()))
    assert all(part.abs().sum() > 0 for part in gradient)
    other = {n: torch.randn_like(p) for n, p in pair(name)[0].named_parameters()}
    theirs, ours = pair(name)
    want = torch.func.functional_call(theirs, other, (x,))[0]
    torch.testing.assert_close(
        torch.func.functional_call(ours, other, (x,))[0], want, atol=1e-11, rtol=0
    )
    ours.weight_hh_l0.data.zero_()  # no second copy of a weight goes stale
    theirs.weight_hh_l0.data.zero_()
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], atol=1e-11, rtol=0)
    assert ours.flatten_parameters() is None


@pytest.mark.parametrize("name", NAMES)
def test_two_layers_may_share_their_weights(name):
    _, one = pair(name)
    _, other = pair(name)
    other.weight_hh_l0 = one.weight_hh_l0
    x = torch.randn(T, B, D).double()
    loss = one(x)[0].sum() + other(x)[0].sum()
    shared = torch.autograd.grad(loss, one.weight_hh_l0)[0]
    _, alone = pair(name)
    torch.testing.assert_close(
        shared, 2 * torch.autograd.grad(alone(x)[0].sum(), alone.weight_hh_l0)[0]
    )


@pytest.mark.parametrize("name", NAMES)
def test_hooks_and_eval_mode_and_second_derivatives(name):
    _, ours = pair(name, num_layers=2, dropout=0.5)
    seen: list[tuple[int, ...]] = []
    ours.register_forward_hook(lambda layer, given, found: seen.append(tuple(found[0].shape)))
    x = torch.randn(2, 2, D).double().requires_grad_()
    ours.eval()
    assert torch.autograd.gradcheck(lambda one: ours(one)[0], x)
    assert torch.autograd.gradgradcheck(lambda one: ours(one)[0], x)
    assert seen[0] == (2, 2, H)


def test_dropout_leaves_out_between_layers_only():
    layer = elman.GRU(D, H, 2, dropout=1.0)
    x = torch.randn(T, B, D)
    y, _ = layer(x)
    assert torch.equal(y, layer(torch.randn(T, B, D))[0])  # nothing of x reaches the second layer
    layer.eval()
    assert not torch.equal(layer(x)[0], y)


@pytest.mark.parametrize("name", NAMES)
def test_lengths_and_resets_are_those_of_recurrent(name):
    _, ours = pair(name, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(B, T, D).double(), [2, 5, 0]
    y, last = ours(x, lengths=lengths)
    for row, length in enumerate(lengths[:2]):
        alone, _ = ours(x[row : row + 1, :length])
        torch.testing.assert_close(y[row : row + 1, :length], alone)
        assert not y[row, length:].any()
    assert (last[0] if name == "LSTM" else last).shape == (2, B, H)
    reset = torch.zeros(B, T, dtype=torch.bool)
    reset[:, 2] = True
    torch.testing.assert_close(ours(x, reset=reset)[0][:, 2:, :H], ours(x[:, 2:])[0][:, :, :H])


def test_lengths_of_a_single_sequence_are_refused():
    with pytest.raises(ShapeError, match=r"^lengths= and reset= go with a batch of sequences"):
        elman.GRU(D, H)(torch.zeros(T, D), lengths=[3])


def test_what_is_exported_is_written_in_torchs_operations():
    layer = elman.LSTM(D, H)
    x = torch.randn(T, B, D)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(layer, x)
    assert "lstm" in str(traced.graph)
    torch.testing.assert_close(traced(x)[0], layer(x)[0])
