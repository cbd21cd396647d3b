"""The adjoint of a step, against differences; what is kept for it."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.derive.check import central, complex_step
from elman.derive.keep import keep
from elman.derive.reverse import prefixed, reverse
from elman.equations import Cell
from elman.graph import over_time, verify

SIZES = {"D": 3, "H": 4, "1": 1}
SMOOTH = {
    "two stages": "r = sigmoid(W x + U h + b)\nh' = tanh(V (r * h) + W^T h + 0.5 * x)",
    "a scalar and a mean": "param a[]\nh' = tanh(W x + a * U h - mean(h) + b)",
    "a projection": "c' = tanh(W x + U h + b)\nh' = P tanh(c')",
}


def values_of(cell: Cell, rng, sizes):
    fixed = {
        n: 0.5 * rng.normal(size=[sizes[s] for s in p.shape]) for n, p in cell.parameters.items()
    }
    start = {n: rng.normal(size=(2, sizes[s.size])) for n, s in cell.states.items()}
    return {"x": rng.normal(size=(4, 2, sizes["D"])), **fixed, **start}


def gradients(cell: Cell, values, seed, sizes):
    step = cell.step
    names = list(cell.states)
    fixed = {n: values[n] for n in cell.parameters}
    start = {n: values[n] for n in names}
    ran = over_time(step, {"x": values["x"]}, start, fixed, sizes)
    inputs = {"x": values["x"], "grad_y": seed}
    inputs |= {n: np.concatenate([start[n][None], ran[f"{n}'"][:-1]]) for n in names}
    zero = {prefixed(n): np.zeros_like(start[n]) for n in names}
    return over_time(verify(reverse(step)), inputs, zero, fixed, sizes, backwards=True)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", *SMOOTH])
def test_the_adjoint_agrees_with_complex_steps(name, rng):
    cell = Cell(SMOOTH[name]) if name in SMOOTH else cells.get(name)
    sizes = SIZES if name in ("rnn", "gru", "lstm") or "W^T" not in cell.text else {**SIZES, "D": 4}
    values = values_of(cell, rng, sizes)
    seed = rng.normal(size=(4, 2, 4))

    def loss(v):
        start = {n: v[n] for n in cell.states}
        fixed = {n: v[n] for n in cell.parameters}
        return (over_time(cell.step, {"x": v["x"]}, start, fixed, sizes)["y"] * seed).sum()

    found = gradients(cell, values, seed, sizes)
    for each in values:
        want = complex_step(loss, values, each)
        assert np.allclose(found[prefixed(each)].reshape(want.shape), want, rtol=0, atol=1e-12), (
            each
        )


def test_central_differences_agree_with_complex_ones(rng):
    values = {"p": rng.normal(size=3)}
    exact = complex_step(lambda v: np.sin(v["p"]).sum(), values, "p")
    assert np.allclose(central(lambda v: np.sin(v["p"]).sum(), values, "p"), exact, atol=1e-9)
    assert np.allclose(exact, np.cos(values["p"]))


def test_the_adjoint_of_the_adjoint_is_legal():
    for name in cells.names():
        verify(reverse(reverse(cells.get(name).step)))


def test_an_lstm_keeps_its_gates_and_computes_the_rest_again():
    step = cells.get("lstm").step
    kept = keep(step, reverse(step))
    verify(kept.forward)
    verify(kept.adjoint)
    assert {d.name for d in kept.decisions if d.how == "keep"} == {"i", "f", "g", "o"}
    assert {d.node.op for d in kept.decisions if d.how == "recompute"} == {"tanh"}
    assert {d.name for d in kept.decisions if d.how == "history"} == {"c'"}
    assert [o.name for o in kept.forward.by_role("kept")] == ["o", "f", "i", "g"]
