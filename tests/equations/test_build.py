"""A cell becomes a legal graph that computes what its equations say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from elman import cells
from elman.equations import Cell, build, to_text
from elman.equations.functions import EPSILON, FUNCTIONS
from elman.graph import Place, evaluate, verify
from made_up import random_cell

MUT1 = Path(__file__).parents[2] / "examples" / "mut1.eq"
SIZES = {"D": 3, "H": 4, "R": 2, "F": 5, "E": 2}


def run(
    cell: Cell, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Random leaves, and the values of every output and quantity for one row."""
    step = verify(cell.step)
    leaves = {
        leaf.name: rng.standard_normal([SIZES[size] for size in leaf.shape] or [1])
        for leaf in (*step.inputs, *step.statics, *step.states, *step.parameters)
    }
    roots = {o.name + "'" * (o.role == "next"): o.node for o in step.outputs} | step.quantities
    values = evaluate(roots.values(), leaves, SIZES)
    return leaves, {name: values[node] for name, node in roots.items()}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_lstm_computes_its_equations(rng: np.random.Generator):
    at, found = run(cells.get("lstm"), rng)

    def gate(k: str) -> np.ndarray:
        return at[f"W_{k}"] @ at["x"] + at[f"U_{k}"] @ at["h"] + at[f"b_{k}"]

    c = sigmoid(gate("f")) * at["c"] + sigmoid(gate("i")) * np.tanh(gate("g"))
    np.testing.assert_allclose(found["c'"], c)
    np.testing.assert_allclose(found["h'"], sigmoid(gate("o")) * np.tanh(c))
    np.testing.assert_allclose(found["y"], found["h'"])
    np.testing.assert_allclose(found["f"], sigmoid(gate("f")))


def test_gru_computes_its_equations(rng: np.random.Generator):
    at, found = run(cells.get("gru"), rng)
    r = sigmoid(at["W_r"] @ at["x"] + at["U_r"] @ at["h"] + at["b_r"])
    z = sigmoid(at["W_z"] @ at["x"] + at["U_z"] @ at["h"] + at["b_z"])
    n = np.tanh(at["W_n"] @ at["x"] + at["b_n"] + r * (at["U_n"] @ at["h"] + at["b_u"]))
    np.testing.assert_allclose(found["h'"], (1 - z) * n + z * at["h"])


def test_mut1_computes_its_equations(rng: np.random.Generator):
    at, found = run(cells.get(MUT1), rng)
    z = sigmoid(at["W_z"] @ at["x"] + at["b_z"])
    r = sigmoid(at["W_r"] @ at["x"] + at["U_r"] @ at["h"] + at["b_r"])
    n = np.tanh(at["U_h"] @ (r * at["h"]) + np.tanh(at["x"]) + at["b_h"])
    np.testing.assert_allclose(found["h'"], n * z + at["h"] * (1 - z))


def test_norms_and_means_are_written_with_primitives(rng: np.random.Generator):
    at, found = run(Cell("a = layernorm(h)\nb = rmsnorm(h)\nc = mean(h)\nh' = a + b * c"), rng)
    h = at["h"]
    np.testing.assert_allclose(found["a"], (h - h.mean()) / np.sqrt(h.var() + EPSILON))
    np.testing.assert_allclose(found["b"], h / np.sqrt((h * h).mean() + EPSILON))
    np.testing.assert_allclose(found["c"], [h.mean()])


ONE_LINERS = [
    ("1 - h", lambda h, x: 1 - h),
    ("h - 1 - 2", lambda h, x: h - 3),
    ("h / 2 / 4", lambda h, x: h / 8),
    ("-h * 2", lambda h, x: -2 * h),
    ("W^T h", lambda h, x: None),
    ("where(h > 0, 1, 0)", lambda h, x: np.where(h > 0, 1.0, 0.0)),
    ("where(1 > 0, h, 0)", lambda h, x: h),
    ("where(1 != 1, h, 0)", lambda h, x: 0 * h),
    ("where(mean(h) < 100, h, 2)", lambda h, x: h),
    ("where(2 <= 1, 3, 4)", lambda h, x: np.full(4, 4.0)),
    ("max(h, 0) + min(h, 0)", lambda h, x: h),
    ("0.5", lambda h, x: np.full(4, 0.5)),
    ("mean(x)", lambda h, x: np.full(4, x.mean())),
    ("gelu(h)", lambda h, x: h * 0.5 * (1 + np.vectorize(math.erf)(h / math.sqrt(2)))),
]


@pytest.mark.parametrize(("text", "value"), ONE_LINERS)
def test_an_expression_has_its_value(text: str, value, rng: np.random.Generator):
    at, found = run(Cell(f"h' = {text}"), rng)
    wanted = value(at["h"], at["x"])
    wanted = at["W"].T @ at["h"] if wanted is None else wanted
    np.testing.assert_allclose(found["h'"], wanted)


@pytest.mark.parametrize(("name", "count"), FUNCTIONS.items())
def test_every_function_can_be_called(name: str, count: int, rng: np.random.Generator):
    arguments = ["h > x", "U h", "abs(W x)"][-count:]
    found = run(Cell(f"r = W x\nh' = {name}({', '.join(arguments)})".replace("> x", "> r")), rng)[1]
    assert found["h'"].shape == (4,)


def test_a_step_has_its_parts_in_order():
    cell = Cell(
        "input u[E]\nstatic v[F]\nparam a[]\nstate m[R]\n"
        "r = W x + b\nm' = P r + a * m\nh' = V v + Q u\ny = h' + r",
        name="mine",
    )
    step = build(cell)
    assert step.name == "mine"
    assert [leaf.name for leaf in step.inputs] == ["x", "u"]
    assert [leaf.name for leaf in step.statics] == ["v"]
    assert [(leaf.name, leaf.shape) for leaf in step.states] == [("h", ("H",)), ("m", ("R",))]
    assert [leaf.name for leaf in step.parameters] == ["W", "b", "P", "a", "V", "Q"]
    assert [(o.name, o.role) for o in step.outputs] == [
        ("y", "output"),
        ("h", "next"),
        ("m", "next"),
    ]
    assert list(step.quantities) == ["r", "y"]
    assert step.sizes() == ("D", "E", "F", "H", "R")


def test_requirements_reach_the_step():
    assert Cell("h' = h + x").step.requires == {("D", "H")}


def test_a_node_knows_where_it_was_first_written():
    step = cells.get("gru").step
    assert step.places[step.quantities["z"]] == Place(3, 6, 28)
    product = step.quantities["r"].args[0].args[0].args[0]
    assert (product.op, step.places[product]) == ("linear", Place(2, 14, 5))


@pytest.mark.parametrize("seed", range(100))
def test_every_legal_cell_builds_a_legal_step(seed: int):
    verify(Cell(to_text(random_cell(seed))).step)
