"""Names are resolved as the language page says."""

from __future__ import annotations

from elman.equations import Cell
from elman.equations.names import nearest
from elman.equations.syntax import Name


def scope(text: str):
    return Cell(text).scope


def test_states_come_with_h_first_then_in_order_of_definition():
    assert scope("m' = x\nc' = m'\nh' = c'").states == ("h", "m", "c")
    assert scope("m' = x\nc' = m'").states == ("m", "c")


def test_parameters_come_in_order_of_first_appearance():
    found = scope("param p, b_f = 1\nr = U h + b_f\nh' = W x + p * U r + b")
    assert found.parameters == ("U", "b_f", "W", "p", "b")


def test_the_output_is_y_else_h_else_the_last_state():
    assert scope("h' = x\ny = h'").output == Name("y")
    assert scope("h' = x\nc' = h'").output == Name("h", primed=True)
    assert scope("m' = x\nc' = m'").output == Name("c", primed=True)


def test_inputs_begin_with_x():
    found = scope("input u[E], a[]\nstatic v[F]\nh' = W x + a * U u + V v")
    assert found.inputs == ("x", "u", "a")
    assert found.statics == ("v",)
    assert scope("h' = U h").inputs == ("x",)


def test_a_name_that_begins_like_a_bias_may_be_a_quantity_or_a_state():
    found = scope("b = tanh(x)\nb_t' = b + b_t\nh' = b_t' + b_2")
    assert (found.quantities, found.states, found.parameters) == (("b",), ("h", "b_t"), ("b_2",))


def test_a_state_may_be_read_above_its_line():
    assert scope("r = sigmoid(c)\nc' = r\nh' = c'").states == ("h", "c")


def test_the_nearest_name_ignores_capitals():
    assert nearest("w_r", ["x", "W_r"]) == "W_r"
    assert nearest("zzz", ["x", "W_r"]) is None
