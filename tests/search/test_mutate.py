"""Mutations: each kind by what it does to equations, and walks from the GRU to MUT1, MUT2, MUT3."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.equations import Cell
from elman.graph import Node
from elman.graph.text import Writer, names
from elman.search.genome import fault, genome, to_cell
from elman.search.mutate import KINDS, change, child_of, cross, mutate
from elman.search.sites import Site


class Guided:
    """Chooses what has been written down, and fails if that is not among the options."""

    def __init__(self, found, *wanted):
        self.writer, self.wanted = Writer(names(found.step)), list(wanted)

    def said(self, option):
        node = option.node if isinstance(option, Site) else option
        return self.writer.value(node) if isinstance(node, Node) else node

    def __call__(self, options):
        wanted = self.wanted.pop(0)
        texts = [self.said(option) for option in options]
        assert wanted in texts, f"{wanted} is not among {texts}"
        return options[texts.index(wanted)]


def changed(found, place, *wanted):
    """The genome after a change at the site that reads `place`."""
    if isinstance(found, str):
        found = genome(Cell(found))
    writer = Writer(names(found.step))
    shown = {writer.operation(site.node): site for site in found.anatomy.sites}
    choose = Guided(found, *wanted)
    made = change(found, shown[place], choose)
    assert not choose.wanted
    assert made is not None
    return made.genome


def equations(found):
    return to_cell(found).text


PLAIN = "h' = tanh(W x + U h + b)"


def test_an_activation_becomes_another():
    assert equations(changed(PLAIN, "tanh(W x + U h + b)", "activation", "relu")) == (
        "h' = relu(W x + U h + b)\n"
    )


def test_a_product_becomes_tanh_and_the_bias_of_the_sum_stays():
    assert (
        equations(changed(PLAIN, "W x", "activation", "tanh")) == "h' = tanh(tanh(x) + U h + b)\n"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("linear 0", "W_1 (W x + U h + b) + b_1"),
        ("linear 1", "W_1 t1 + t1 + b_1"),
        ("linear 0.9", "W_1 t1 + 0.9 * t1 + b_1"),
        ("linear 1.1", "W_1 t1 + 1.1 * t1 + b_1"),
    ],
)
def test_a_linear_activation_brings_a_matrix_and_its_share_of_the_diagonal(name, text):
    found = changed(PLAIN, "tanh(W x + U h + b)", "activation", name)
    wanted = Cell(f"t1 = W x + U h + b\nh' = {text}")
    assert found.fingerprint == genome(wanted).fingerprint


def test_a_linear_activation_with_a_diagonal_is_one_site():
    found = genome(Cell("h' = tanh(W_1 h + 0.9 * h + b_1 + V x)"))
    assert [site.name for site in found.anatomy.sites] == ["linear 0.9", "linear 0", "add", "tanh"]
    place = "W_1 h + 0.9 * h"
    assert equations(changed(found, place, "insert", "h", "tanh")).splitlines()[-1] == (
        "h' = tanh(W_1 t1 + 0.9 * t1 + b_1 + V x)"
    )


def test_an_operation_becomes_another():
    assert equations(changed(PLAIN, "W x + U h", "operation", "mul")) == (
        "h' = tanh(W x * U h + b)\n"
    )


def test_an_activation_is_put_between_a_node_and_what_it_reads():
    assert equations(changed(PLAIN, "U h", "insert", "h", "sigmoid")) == (
        "h' = tanh(W x + U sigmoid(h) + b)\n"
    )


def test_an_activation_is_removed():
    assert equations(changed(PLAIN, "U h", "remove")) == "h' = tanh(W x + h + b)\n"


def test_what_is_read_twice_is_not_removed():
    found = genome(Cell("t = tanh(W x + U h)\nh' = t * t"))
    shown = {site.name: site for site in found.anatomy.sites}
    with pytest.raises(AssertionError, match="remove is not among"):
        change(found, shown["tanh"], Guided(found, "remove"))


def test_a_node_gives_way_to_an_ancestor():
    assert equations(changed(PLAIN, "W x + U h", "ancestor", "U h")) == "h' = tanh(U h + b)\n"


def test_two_ancestors_are_combined():
    found = changed(PLAIN, "tanh(W x + U h + b)", "combine", "h'", "W x", "h", "sub")
    assert equations(found) == "h' = W x - h\n"


def test_what_stands_on_the_site_is_not_combined_into_it():
    found = genome(Cell("t = tanh(W x + U h)\nh' = t * h"))
    site = next(
        s for s in found.anatomy.sites if s.name == "linear 0" and s.operands[0].name == "x"
    )
    assert change(found, site, Guided(found, "combine", "h'", "x", "t")) is None


def turned():
    """The GRU with the roles of z and 1 - z exchanged, as MUT1, MUT2 and MUT3 have them: two
    mutations.
    """
    found = genome(cells.get("gru_before"))
    found = changed(found, "z * h", "combine", "h'", "z", "n", "mul")
    return changed(found, "(1 - z) * n", "combine", "U_z h", "1 - z", "h", "mul")


def test_mutations_lead_from_the_gru_to_mut1():
    found = changed(turned(), "W_z x + U_z h", "ancestor", "W_z x")
    found = changed(found, "W_n x", "activation", "tanh")
    assert found.fingerprint == genome(cells.get("mut1")).fingerprint


def test_mutations_lead_from_the_gru_to_mut2():
    found = changed(turned(), "W_r x", "remove")
    assert found.fingerprint == genome(cells.get("mut2")).fingerprint


def test_mutations_lead_from_the_gru_to_mut3():
    found = changed(turned(), "U_z h", "insert", "h", "tanh")
    assert found.fingerprint == genome(cells.get("mut3")).fingerprint


def test_every_step_of_a_walk_is_legal_and_differs():
    walk = [genome(cells.get("gru_before")), turned(), genome(cells.get("mut3"))]
    assert all(fault(found) is None for found in walk)
    assert len({found.fingerprint for found in walk}) == 3


def test_all_six_kinds_happen_by_chance():
    random, found, kinds = np.random.default_rng(0), genome(cells.get("lstm")), []
    for site in found.anatomy.sites * 20:

        def choose(options):
            chosen = options[int(random.integers(len(options)))]
            if isinstance(chosen, str) and chosen in KINDS:
                kinds.append(chosen)
            return chosen

        change(found, site, choose)
    assert set(kinds) == set(KINDS)


def test_the_chance_of_a_change_differs_from_child_to_child():
    random, found = np.random.default_rng(1), genome(cells.get("lstm"))
    shares = [len(mutate(found, random)[1]) / len(found.anatomy.sites) for _ in range(200)]
    assert min(shares) == 0
    assert max(shares) > 0.6
    assert 0.2 < sum(shares) / len(shares) < 0.6


def test_a_child_follows_from_its_seed():
    found = genome(cells.get("gru_before"))
    one, again = (child_of(found, np.random.default_rng(9), set().__contains__) for _ in range(2))
    assert one[1:] == again[1:]
    assert equations(one[0]) == equations(again[0])


def test_no_child_comes_twice():
    found, seen, random = genome(cells.get("rnn")), set(), np.random.default_rng(0)
    for _ in range(100):
        _, _, mark = child_of(found, random, seen.__contains__)
        assert mark not in seen
        seen.add(mark)


def test_where_every_child_is_known_there_is_none():
    found = genome(cells.get("rnn"))
    assert child_of(found, np.random.default_rng(0), lambda mark: True, tries=20) is None


def test_a_child_of_two_keeps_its_parents_parameters_apart():
    gru, lstm = genome(cells.get("gru_before")), genome(cells.get("lstm"))
    children = [cross(gru, lstm, np.random.default_rng(seed))[0] for seed in range(30)]
    grown = [c for c in children if any(p.name == "W_1" for p in c.step.parameters)]
    assert grown
    for child in grown:
        assert fault(child) in (None, "the output does not depend on the input",
                                "no state carries the input on")  # fmt: skip
        assert {state.name for state in child.step.states} == {"h"}
        if fault(child) is None:
            to_cell(child)
    starts = [cross(gru, lstm, np.random.default_rng(s))[0].starts for s in range(60)]
    assert any(1.0 in found.values() for found in starts)  # the forget gate's bias comes along
