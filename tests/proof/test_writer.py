"""The random cells: legal, different, and of every kind that the language has."""

from __future__ import annotations

import pytest

from elman.equations import Cell, syntax
from elman.equations.functions import OVER_UNITS
from elman.graph.canonical import fingerprint
from elman.graph.ops import FUNCTIONS
from proof.pairs import PAIRS, named, pairs
from proof.trial import trial
from proof.writer import ARITY, Writer

SOME = range(400)


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return [Cell(Writer(seed).text(), name=f"random {seed}") for seed in SOME]


def test_every_operation_of_the_language_is_written(cells):
    assert {*FUNCTIONS, *OVER_UNITS} <= {*ARITY}
    nodes = [n for cell in cells for d in cell.equations.definitions for n in syntax.walk(d.value)]
    assert {named(node) for node in nodes} >= {*ARITY}
    signs = {node.sign for node in nodes if isinstance(node, syntax.Comparison)}
    assert signs == {"<", "<=", ">", ">=", "==", "!="}


def test_cells_have_one_to_four_states_and_up_to_eight_matrices(cells):
    assert {len(cell.states) for cell in cells} == {1, 2, 3, 4}
    matrices = {sum(len(p.shape) == 2 for p in cell.parameters.values()) for cell in cells}
    assert matrices >= set(range(6)) and max(matrices) <= 8
    assert any(cell.scope.statics for cell in cells)
    assert any(len(cell.scope.inputs) > 1 for cell in cells)


def test_nearly_all_cells_differ(cells):
    assert len({fingerprint(cell.step) for cell in cells}) >= 0.97 * len(cells)
    assert len({pair for cell in cells for pair in pairs(cell)}) >= 0.5 * len(PAIRS)


def test_calls_are_of_every_kind():
    trials = list(map(trial, SOME))
    for flag in ("history", "backwards", "lengths", "resets", "dropout", "spread", "partly"):
        assert 10 < sum(bool(getattr(of, flag)) for of in trials) < 0.9 * len(trials), flag
    assert {of.shape[0] for of in trials} >= {0, 1, 2, 3, 17, 400}


def test_names_and_the_order_of_commuting_arguments_do_not_make_a_cell_another():
    one = Cell("z = sigmoid(W_z x + U_z h)\nh' = z * h + (1 - z) * tanh(W x)")
    two = Cell("g = sigmoid(U_g h + A x)\nh' = (1 - g) * tanh(B x) + h * g")
    other = Cell("z = sigmoid(W_z x + U_z h)\nh' = (1 - z) * h + z * tanh(W x)")
    assert fingerprint(one.step) == fingerprint(two.step) != fingerprint(other.step)


def test_a_shared_matrix_makes_a_cell_another():
    shared = Cell("h' = tanh(U h + U (h * h))")
    apart = Cell("h' = tanh(U h + V (h * h))")
    assert fingerprint(shared.step) != fingerprint(apart.step)
