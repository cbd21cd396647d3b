"""The graph: sharing, dependence, the law, the interpreter, and rewrites that keep values."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from elman.errors import GraphError
from elman.graph import counter
from elman.graph.evaluate import evaluate, over_time
from elman.graph.node import (
    Dependence,
    apply,
    constant,
    linear,
    parameter,
    spread,
    state,
    step_input,
    total,
)
from elman.graph.ops import OPS
from elman.graph.rewrite import absorb_products, group_sums, terms
from elman.graph.step import Output, Step
from elman.graph.verify import verify

X, H, Z = step_input("x", "D"), state("h", "H"), step_input("z", "H")
W, U, B, A = (
    parameter("W", ("H", "D")),
    parameter("U", ("H", "H")),
    parameter("b", ("H",)),
    parameter("a", ()),
)


def made(value, *, inputs=(X,), parameters=(W, U, B)) -> Step:
    outputs = (Output("y", "output", value), Output("h", "next", value))
    return Step("made", inputs, (), (H,), parameters, outputs)


PLAIN = made(apply("tanh", linear(W, X) + linear(U, H) + B))


def test_equal_expressions_are_one_node():
    assert linear(W, X) + B is linear(W, X) + B
    assert constant(0.0) is not constant(-0.0)


def test_a_node_depends_on_the_most_that_it_reads():
    assert (linear(W, X) + B).dependence is Dependence.INPUT
    assert (B * 2.0).dependence is Dependence.PARAMETER
    assert (linear(U, H) + B).dependence is Dependence.STATE


def test_a_scalar_is_spread_to_the_vectors_beside_it():
    assert (A * H).args[0] is spread(A, "H")
    assert total(H).shape == ()


@pytest.mark.parametrize(
    ("value", "breach"),
    [
        (linear(W, X) + Z, "leaf 'z' is used but not declared"),
        (apply("where", H, H, B), "the first argument of where() is a condition"),
        (apply("lt", H, B), "is a condition"),
    ],
)
def test_the_law_names_a_breach(value, breach):
    with pytest.raises(GraphError, match="not a legal step") as error:
        verify(made(value))
    assert breach in str(error.value)


def test_the_interpreter_does_what_numpy_does(rng):
    x, h, w, u, b = (rng.normal(size=s) for s in ((5, 2, 3), (2, 4), (4, 3), (4, 4), 4))
    found = over_time(PLAIN, {"x": x}, {"h": h}, {"W": w, "U": u, "b": b}, {"D": 3, "H": 4})
    for t in range(5):
        h = np.tanh(x[t] @ w.T + h @ u.T + b)
        assert np.allclose(found["y"][t], h, rtol=0, atol=1e-15)
    assert np.array_equal(found["h"], found["h'"][-1])


def test_no_steps_leave_the_state_as_it_was(rng):
    h = rng.normal(size=(2, 4))
    fixed = {"W": np.zeros((4, 3)), "U": np.zeros((4, 4)), "b": np.zeros(4)}
    found = over_time(PLAIN, {"x": np.zeros((0, 2, 3))}, {"h": h}, fixed, {"D": 3, "H": 4})
    assert np.array_equal(found["h"], h)
    assert found["y"].shape == (0, 2, 4)


def test_sums_are_grouped_by_what_they_depend_on():
    mixed = made(apply("tanh", linear(U, H) - 1.0 + linear(W, X) + B))
    grouped = group_sums(verify(mixed))
    head = grouped.outputs[0].node.args[0]
    assert head.op == "add"
    assert head.args[0].dependence is Dependence.INPUT
    assert head.args[1] is linear(U, H)
    assert [minus for minus, _ in terms(mixed.outputs[0].node.args[0], _none())].count(True) == 1


def _none():
    return Counter(dict.fromkeys(made(linear(U, H) - 1.0 + linear(W, X) + B).nodes(), 1))


def test_rewrites_keep_the_value(rng):
    both = made(
        1.0 - apply("tanh", linear(U, H) + (linear(U, Z) - B) + linear(W, X)), inputs=(X, Z)
    )
    leaves = {
        "x": rng.normal(size=3), "z": rng.normal(size=4), "h": rng.normal(size=4),
        "W": rng.normal(size=(4, 3)), "U": rng.normal(size=(4, 4)), "b": rng.normal(size=4),
    }  # fmt: skip
    sizes = {"D": 3, "H": 4}
    want = evaluate([both.outputs[0].node], leaves, sizes)[both.outputs[0].node]
    grouped = group_sums(both)
    root = verify(grouped).outputs[0].node
    assert np.allclose(evaluate([root], leaves, sizes)[root], want, rtol=0, atol=1e-14)
    absorbed = absorb_products(made(linear(W, X) + linear(U, Z) + linear(U, H), inputs=(X, Z)))
    assert [node.op for node in absorbed.nodes()].count("products") == 1


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_operation_stays_in_its_range(name):
    row = OPS[name]
    points = np.concatenate([np.linspace(-20, 20, 401), [-3.0, 0.0, 3.0, 1e-8]])
    if name in ("log", "sqrt"):
        points = np.abs(points)
    with np.errstate(divide="ignore", invalid="ignore"):
        args = [points, points[::-1], points[::-1]][: row.arity]
        args = [points > 0, *args[1:]] if name == "where" else args
        values = np.asarray(row.value(*args), dtype=np.float64)
    low, high = row.range
    real = values[~np.isnan(values)]
    assert real.min() >= low - 1e-15
    assert real.max() <= high + 1e-15


@pytest.mark.parametrize("name", sorted(set(OPS) - {"where"} - {n for n in OPS if OPS[n].boolean}))
def test_every_partial_derivative_is_the_slope(name):
    row = OPS[name]
    points = (
        np.array([-2.3, -0.7, 0.4, 1.1, 2.6])
        if name not in ("log", "sqrt")
        else np.array([0.4, 2.6])
    )
    leaves = [step_input("p", "H"), step_input("q", "H")][: row.arity]
    node = apply(name, *leaves)
    values = {"p": points, "q": points[::-1] + 0.05}
    sizes = {"H": len(points)}
    for index, partial in enumerate(row.partials(node.args, node)):
        assert partial is not None
        got = evaluate([partial], values, sizes)[partial]
        key = "pq"[index]
        up, down = ({**values, key: values[key] + e} for e in (1e-6, -1e-6))
        slope = (evaluate([node], up, sizes)[node] - evaluate([node], down, sizes)[node]) / 2e-6
        assert np.allclose(got, slope, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "at", "slopes"),
    [("relu", (0.0,), (0.0,)), ("abs", (0.0,), (0.0,)), ("max", (1.0, 1.0), (0.5, 0.5)),
     ("min", (1.0, 1.0), (0.5, 0.5)), ("hard_sigmoid", (3.0,), (0.0,))],
)  # fmt: skip
def test_at_kinks_and_ties_the_derivative_is_the_one_stated(name, at, slopes):
    leaves = [step_input("p", "H"), step_input("q", "H")][: len(at)]
    node = apply(name, *leaves)
    values = dict(zip("pq", (np.array([v]) for v in at), strict=False))
    partials = OPS[name].partials(node.args, node)
    got = [
        float(np.ravel(evaluate([p], values, {"H": 1})[p])[0]) for p in partials if p is not None
    ]
    assert got == list(slopes)


@pytest.mark.parametrize(
    ("words", "seed", "want"),
    [
        ((0, 0, 0, 0), 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, 2**64 - 1, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ],
)
def test_philox_gives_the_published_answers(words, seed, want):
    got = counter.philox(tuple(np.array(word) for word in words), seed)
    assert tuple(int(word) for word in got) == want


def test_a_mask_drops_as_often_as_it_says():
    stream = counter.Stream(7, rows=np.arange(200), steps=np.asarray(3))
    mask = stream.mask(0.25, 1, 500)
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    assert abs((mask == 0).mean() - 0.25) < 0.005


def test_every_value_is_rounded_to_the_type_asked_for():
    root = apply("where", apply("lt", H, 0.1), H / 3.0, apply("gelu", H) + 0.1)
    leaves, sizes = {"h": np.array([[0.1, 2.0]], dtype=np.float32)}, {"H": 2}
    rounded = evaluate([root], leaves, sizes, dtype=np.float32)
    assert {value.dtype for value in rounded.values()} == {np.dtype("float32"), np.dtype(bool)}
    assert evaluate([root], leaves, sizes)[root].dtype == np.float64
