"""Gradients by lag, against a loop of steps whose states autograd keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from elman import cells
from elman.equations import Cell
from elman.errors import DataError
from elman.graph.evaluate import evaluate
from elman.models import LanguageModel
from elman.probe.flow.lags import gradient_flow, own_path, own_paths
from elman.probe.opened import alone
from elman.probe.reading import read

LAGS = 12


def plain(w, x, h):
    return (torch.tanh(x @ w["W"].T + h @ w["U"].T + w["b"]),)


def gated(w, x, h):
    r, z = (torch.sigmoid(x @ w[f"W_{g}"].T + h @ w[f"U_{g}"].T + w[f"b_{g}"]) for g in "rz")
    n = torch.tanh(x @ w["W_n"].T + w["b_n"] + r * (h @ w["U_n"].T + w["b_u"]))
    return ((1 - z) * n + z * h,)


def memory(w, x, h, c):
    a = {g: x @ w[f"W_{g}"].T + h @ w[f"U_{g}"].T + w[f"b_{g}"] for g in "ifgo"}
    i, f, o = (torch.sigmoid(a[g]) for g in "ifo")
    new = f * c + i * torch.tanh(a["g"])
    new.retain_grad()
    return o * torch.tanh(new), new


BY_HAND = {"rnn": plain, "gru": gated, "lstm": memory}


def by_a_loop(model, vocabulary, text, place):
    """For each layer and state the norm of the gradient of the loss after `place` to the state
    that stood k steps before, by autograd through equations written out.
    """
    tokens = torch.from_numpy(vocabulary.encode(text).astype(np.int64))
    step, layers = BY_HAND[model.cell.name], model.recurrent.stack
    states = [tuple(torch.zeros(1, 12) for _ in model.cell.states) for _ in layers]
    seen = []
    for token in tokens[: place + 1]:
        x = model.vectors(token[None])
        for k, layer in enumerate(layers):
            states[k] = step(dict(layer.named_parameters()), x, *states[k])
            x = states[k][0]
            x.retain_grad()
        seen.append(list(states))
    torch.nn.functional.cross_entropy(model.output(x), tokens[place + 1 : place + 2]).backward()
    found = [
        [[float(seen[place - k][n][s].grad.norm()) for k in range(LAGS + 1)]
         for s in range(len(model.cell.states))]
        for n in range(len(layers))
    ]  # fmt: skip
    model.zero_grad()
    return found


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_norms_are_those_of_a_loop_that_autograd_follows(build, vocabulary, text, cell):
    model = build(cell)
    wanted = by_a_loop(model, vocabulary, text[:40], 38)
    found = gradient_flow(model, vocabulary, text[:40], lags=38, places=1)
    assert found.places == 1
    for layer, rows in zip(found.layers, wanted, strict=True):
        for (name, norms), row in zip(layer.states.items(), rows, strict=True):
            assert np.allclose(norms[: LAGS + 1], row, rtol=1e-4), (layer.layer, name)


def test_the_path_of_an_lstm_is_the_product_of_its_forget_gates(build, vocabulary, text):
    model, text = build(), text[:60]
    found = gradient_flow(model, vocabulary, text, lags=58, places=1)
    gates = read(model, vocabulary, text, rows=1)
    for layer in found.layers:
        assert list(layer.alone) == ["c"]
        f = gates.tracks[f"f.{layer.layer}"].values.astype(float)
        assert layer.alone["c"][0] == pytest.approx(layer.states["c"][0], rel=1e-9)
        ratio = layer.alone["c"][1:10] / layer.alone["c"][0]
        products = np.cumprod(f[:, :48:-1], 1)
        assert (ratio <= products.max(0)[:9] + 1e-3).all()
        assert (ratio >= products.min(0)[:9] - 1e-3).all()


def test_factors_are_the_gates_themselves(build, rng):
    net = alone(build("gru", 1).recurrent, 0)
    x = torch.from_numpy(rng.normal(size=(5, 2, 9)).astype(np.float32))
    paths = own_paths(net, x, [torch.zeros(2, 12)])
    _, _, recorded = net(x, record=("z",))
    assert np.allclose(paths["h"], recorded["z"][0], atol=1e-6)


@pytest.mark.parametrize("cell", ["peephole", "slstm", "rnn_leaky", "indrnn", "janet", "cornn"])
def test_own_paths_are_differences_with_matrices_held_still(cell, rng):
    """The same by finite differences: products with what moves are frozen at their value."""
    cell = cells.get("lstm_peephole" if cell == "peephole" else cell)
    step = cell.step
    sizes = dict.fromkeys(step.sizes(), 4)
    leaves = {
        leaf.name: rng.normal(size=[sizes[s] for s in leaf.shape])
        for leaf in (*step.inputs, *step.states, *step.parameters)
    }
    for name in ("n", "m"):
        if name in leaves:
            leaves[name] = np.abs(leaves[name]) + 0.5
    for state in step.states:
        path = own_path(step, state)
        if path is None:
            continue
        found = evaluate([path], leaves, sizes)[path]
        frozen, still = _still(step, state, leaves, sizes)
        moved = []
        for sign in (1, -1):
            values = {**still, state.name: leaves[state.name] + sign * 1e-6}
            moved.append(evaluate([frozen], values, sizes)[frozen])
        wanted = (moved[0] - moved[1]) / 2e-6
        assert np.allclose(np.broadcast_to(found, wanted.shape), wanted, atol=1e-6)


def _still(step, state, leaves, sizes):
    """The next state with every product with a matrix exchanged for its number, as a leaf."""
    from elman.graph import node as nodes
    from elman.graph.step import replace as exchange

    root = step.next_of(state.name)
    products = [n for n in nodes.ordered([root]) if n.op == "linear"]
    values = evaluate(products, leaves, sizes)
    swap, still = {}, dict(leaves)
    for k, product in enumerate(products):
        swap[product] = nodes.parameter(f"product {k}", product.shape)
        still[f"product {k}"] = values[product]
    return exchange((root,), swap)[0], still


def test_a_plain_network_has_no_path_of_its_own(build, vocabulary, text):
    (layer, _) = gradient_flow(build("rnn"), vocabulary, text, lags=5).layers
    assert layer.alone == {}


def test_what_is_multiplied_by_a_half_vanishes_and_by_two_explodes(vocabulary, text):
    def verdict(factor: float) -> str:
        model = LanguageModel(Cell(f"h' = {factor} * h + W x"), len(vocabulary), 6)
        with torch.no_grad():
            model.output.weight.mul_(1e-20)  # the scores of large states must not saturate
        return gradient_flow(model, vocabulary, text[:60], lags=30).verdict

    assert verdict(0.5) == "vanishes after about 7 steps"  # 0.5^7 is the first below 1 / 100
    assert verdict(2) == "explodes: 1.07e+09 times as large 30 steps back"
    assert verdict(1) == "reaches further than 30 steps: 100% of it is left there"


def test_several_places_are_meant_geometrically(build, vocabulary, text):
    model, text = build("gru", 1), text[:30]
    both = gradient_flow(model, vocabulary, text, lags=27, places=2).layers[0]
    singles = [
        gradient_flow(model, vocabulary, text[:stop], lags=27, places=1).layers[0]
        for stop in (29, 30)
    ]
    wanted = np.sqrt(singles[0].whole[:27] * singles[1].whole[:27])
    assert np.allclose(both.whole[:27], wanted, rtol=1e-4)


def test_a_model_in_training_stays_in_training(build, vocabulary, text):
    model = build("gru", 2, dropout=0.5).train()
    one = gradient_flow(model, vocabulary, text, lags=5)
    two = gradient_flow(model, vocabulary, text, lags=5)
    assert model.training and replace(one, layers=()) == replace(two, layers=())
    assert np.array_equal(one.layers[0].whole, two.layers[0].whole)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_text_without_a_past_is_refused(build, vocabulary, text):
    with pytest.raises(DataError, match="at least 3 characters"):
        gradient_flow(build(), vocabulary, text[:2])
