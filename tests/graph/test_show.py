"""Steps as pages: golden files, and that what is printed is what is computed."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.derive import reverse
from elman.equations import Cell
from elman.graph import Step, evaluate, show
from elman.graph.node import constant, make
from elman.graph.text import Writer, listed, names, number_text

NORM = Cell("static v[F]\na  = mean(x)\nh' = layernorm(W x + U h + a * b + V v)", name="norm")


@pytest.mark.parametrize("name", ["gru", "lstm", "norm"])
def test_the_graph_of_a_cell_is_a_page(name, golden):
    golden(f"graph/{name}.txt", show.graph(cell_of(name).step))


@pytest.mark.parametrize("name", ["gru", "lstm", "norm"])
def test_the_derivative_of_a_cell_is_a_page(name, golden):
    step = cell_of(name).step
    golden(f"graph/{name}-derivative.txt", show.derivative(step, reverse(step)))


def cell_of(name: str) -> Cell:
    return NORM if name == "norm" else cells.get(name)


CELLS = ["rnn", "gru", "lstm", "h' = -(x - (h - x)) / (1 + h * h) - 2 * (x * (h / x))"]


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_printed_as_equations_reads_back_as_the_same_function(cell, rng):
    step = cells.get(cell).step
    lines = [line for line in show.equations(step) if not line.startswith("y ")]
    again = Cell("\n".join(lines)).step
    leaves = {leaf.name: rng.normal(size=[3] * len(leaf.shape)) for leaf in leaves_of(step)}

    for name in [state.name for state in step.states]:
        roots = step.next_of(name), again.next_of(name)
        one, other = (evaluate([root], leaves, {"D": 3, "H": 3})[root] for root in roots)
        assert np.allclose(one, other, rtol=0, atol=1e-12)


def leaves_of(step: Step):
    return (*step.inputs, *step.states, *step.parameters)


def test_every_operation_has_one_line_and_every_line_one_operation():
    step = cells.get("gru").step
    lines = show.graph(step).partition("operation ")[2].splitlines()[1:-1]
    computed = [node for node in step.nodes() if node.args]

    assert len(lines) == len(computed)
    assert len({line.split()[0] for line in lines}) == len(lines)


def test_values_without_a_name_are_counted_towards_the_next_name():
    numbered = show.numbered(cells.get("rnn").step)
    assert sorted(numbered.values()) == ["h'.1", "h'.2", "h'.3", "h'.4"]


def test_a_value_with_two_names_keeps_the_first():
    step = Cell("a = tanh(x)\nc = tanh(x)\nh' = a * c + W h").step
    assert "a" in names(step).values() and "c" not in names(step).values()


def test_a_value_read_twice_is_written_once():
    step = Cell("h' = tanh(W x + h) * (1 - tanh(W x + h))").step
    assert show.equations(step)[:2] == ["t1 = tanh(W x + h)", "h' = t1 * (1 - t1)"]


def test_the_gradient_of_a_static_input_says_over_what_it_is_added():
    step = NORM.step
    text = show.derivative(step, reverse(step))
    assert "over all steps and rows (of a static input: over all steps).\n" in text
    assert "\ngrad_v += V^T t5\n" in text


def test_an_expression_has_the_parentheses_it_needs_and_no_others():
    a, b, c = (constant(number) for number in (2, 3, 4))
    x = Cell("h' = x").step.inputs[0]
    writer = Writer({a: "a", b: "b", c: "c"})

    assert writer.value(a * (x + c)) == "a * (x + c)"
    assert writer.value(make("sub", (a, make("sub", (b, c), ())), ())) == "a - (b - c)"
    assert writer.value(make("neg", (make("mul", (a, b), ()),), ())) == "-a * b"
    assert writer.value(make("add", (a, make("neg", (b,), ())), ())) == "a - b"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.5, "0.5"), (1e-5, "1e-5"), (1e20, "1e20"), (-2.0, "-2")]
)
def test_numbers_are_written_as_short_as_they_can_be(value, text):
    assert number_text(value) == text


def test_a_long_list_goes_on_below_its_first_word():
    assert listed(["aaa", "bbb", "ccc"], 2, width=12) == "aaa  bbb\n  ccc"
