"""Jacobians, singular values and exponents, against torch.func and against theory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman import cells
from elman.layers import Recurrent
from elman.probe.flow.spectrum import exponents, of_layer, spectrum, step_jacobian
from elman.probe.flow.verdict import of_exponent


def explicit(net, x, before):
    """The Jacobian of a step by torch.func, on plain torch operations."""
    sizes = [len(part) for part in before]

    def step(z):
        parts = tuple(part[None, None] for part in z.split(sizes))
        _, after = net.step(x[None], parts if len(parts) > 1 else parts[0])
        return torch.cat([part.flatten() for part in (after if len(sizes) > 1 else (after,))])

    return torch.func.jacrev(step)(torch.cat(before)).detach().numpy()


def drawn(cell, rng, hidden=7, dtype=torch.float32, steps=30):
    square = ("D", "H") in cells.get(cell).step.requires
    more = {s: 5 for s in cells.get(cell).step.sizes() if s not in ("D", "H")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        net = Recurrent(cell, hidden if square else 4, hidden, sizes=more, dtype=dtype)
    x = torch.from_numpy(rng.normal(size=(steps + 1, net.input_size))).to(dtype)
    with torch.no_grad():
        _, every = net(x[:, None], return_states="all")
    every = every if isinstance(every, tuple) else (every,)
    return net, x[1:], tuple(part[0, :-1, 0] for part in every)


@pytest.mark.parametrize("cell", cells.names())
def test_singular_values_of_a_step_are_those_of_an_explicit_jacobian(cell, rng):
    net, x, before = drawn(cell, rng)
    wanted = explicit(net, x[4], tuple(part[4] for part in before))
    found = step_jacobian(net, x[4], tuple(part[4] for part in before))
    assert np.allclose(found, wanted, atol=1e-5)
    one, two = (np.linalg.svd(m, compute_uv=False) for m in (found, wanted))
    assert np.allclose(one, two, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_singular_values_of_products_are_those_of_explicit_jacobians(cell, rng):
    net, x, before = drawn(cell, rng)
    found = of_layer(net, x, before, places=2, lags=(1, 3, 10))
    for lag in (1, 3, 10):
        product = np.eye(sum(part.shape[1] for part in before))
        for t in range(len(x) - lag, len(x)):
            product = explicit(net, x[t], tuple(part[t] for part in before)) @ product
        wanted = np.linalg.svd(product, compute_uv=False)[:16]
        assert np.allclose(found.products[lag], wanted, atol=1e-5, rtol=1e-5)
    last = explicit(net, x[-1], tuple(part[-1] for part in before))
    assert np.allclose(found.steps[-1], np.linalg.svd(last, compute_uv=False)[:16], atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_all_exponents_together_are_the_logarithms_of_the_determinants(cell, rng):
    net, x, before = drawn(cell, rng, dtype=torch.float64)
    count = sum(part.shape[1] for part in before)
    logs = exponents(net, x, before, count)
    wanted = [
        np.linalg.slogdet(explicit(net, x[t], tuple(part[t] for part in before)))[1]
        for t in reversed(range(len(x)))
    ]
    assert np.allclose(logs.sum(1), wanted, atol=1e-8)


def test_over_many_steps_exponents_are_growth_rates_of_the_product(rng):
    net, x, before = drawn("rnn", rng, dtype=torch.float64, steps=60)
    product = np.eye(7)
    for t in range(len(x)):
        product = explicit(net, x[t], tuple(part[t] for part in before)) @ product
    wanted = np.log(np.linalg.svd(product, compute_uv=False)) / len(x)
    assert np.allclose(exponents(net, x, before, 7).mean(0)[:2], wanted[:2], atol=0.05)


def test_a_rotation_has_exponents_of_zero_and_scaled_by_g_of_its_logarithm(rng):
    """tanh is the identity at rest, so the exponents are those of the matrix."""
    for factor in (0.5, 1.0, 1.5):
        net = Recurrent("rnn", 3, 8, dtype=torch.float64)
        with torch.no_grad():
            net.layers[0].b.zero_()
            net.layers[0].U.copy_(factor * torch.linalg.qr(torch.randn(8, 8).double())[0])
        rest = torch.zeros(20, 8, dtype=torch.float64)
        found = exponents(net, torch.zeros(20, 3, dtype=torch.float64), (rest,), 8).mean(0)
        assert np.allclose(found, np.log(factor), atol=1e-9)


def test_every_layer_of_a_model_is_measured_where_it_is(build, vocabulary, text):
    model = build("gru")
    one, two = spectrum(model, vocabulary, text[:60], steps=20, places=3, lags=(2,))
    assert (one.layer, two.layer) == (0, 1)
    assert one.exponents.shape == (12,) and two.steps.shape == (3, 12)
    assert len(one.course) == 20 and one.course[-1] == pytest.approx(one.exponents[0])
    assert one.verdict.startswith("vanishes: largest exponent -0.")


def test_verdicts_are_words():
    assert of_exponent(0.12) == "explodes: largest exponent 0.12 per step, tenfold in 19 steps"
    assert of_exponent(-0.5) == (
        "vanishes: largest exponent -0.50 per step, a hundredth after 9 steps"
    )
    assert of_exponent(0.001) == (
        "keeps: largest exponent 0.001 per step, neither vanishes nor explodes"
    )
