"""Genomes: cells in, cells out, and nothing changed on the way."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.graph.evaluate import evaluate
from elman.search.genome import fault, genome, to_cell, to_text
from elman.search.mutate import child_of
from elman.search.settings import squared

FITTING = [
    name for name in cells.names()
    if squared(cells.get(name)) and len(cells.get(name).step.inputs) == 1
    and not name.endswith("_layernorm")
]  # fmt: skip


def next_h(cell, size=5):
    """The next h of a cell, worked out with random numbers that go by name."""
    step = cell.step
    leaves = (*step.inputs, *step.states, *step.parameters)
    values = {
        leaf.name: np.random.default_rng(list(leaf.name.encode())).standard_normal(
            (size,) * len(leaf.shape) or (1,)
        )
        for leaf in leaves
    }
    node = step.next_of("h")
    return evaluate([node], values, dict.fromkeys(step.sizes(), size))[node]


@pytest.mark.parametrize("name", FITTING)
def test_a_cell_of_the_shelf_comes_back_as_it_was(name):
    found = genome(cells.get(name))
    again = to_cell(found)
    assert genome(again).fingerprint == found.fingerprint
    np.testing.assert_allclose(next_h(again), next_h(cells.get(name)), rtol=1e-12)
    assert Cell(again.text).text == again.text
    assert to_text(genome(again)) == to_text(genome(Cell(again.text)))
    starts = {p.name: p.start for p in again.parameters.values() if p.start is not None}
    wanted = {p.name: p.start for p in cells.get(name).parameters.values() if p.start is not None}
    assert starts == {n: start for n, start in wanted.items() if n in again.parameters}


def test_a_child_reads_back_as_itself_hundreds_of_times():
    random, pool, seen = np.random.default_rng(0), [genome(cells.get("lstm"))], set()
    for _ in range(150):
        made = child_of(pool[random.integers(len(pool))], random, seen.__contains__, tries=50)
        if made is None:  # a small parent may have had all its children
            continue
        child, _, mark = made
        seen.add(mark)
        cell = to_cell(child)
        assert cell.text == to_text(child)
        assert Cell(cell.text, name="cell") == cell
        assert genome(cell).fingerprint == mark
        pool.append(genome(cell))
    assert len(seen) > 120


def test_other_sizes_and_inputs_are_refused():
    with pytest.raises(ConfigError, match="lstm_projected cannot be a genome"):
        genome(cells.get("lstm_projected"))
    with pytest.raises(ConfigError, match="it takes a mean over units"):
        genome(cells.get("lstm_layernorm"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("h' = tanh(W x + U h)", None),
        ("h' = tanh(W x) + 0 * h", None),
        ("h' = tanh(W x)", "no state carries the input on"),
        ("h' = tanh(U h)", "the output does not depend on the input"),
        ("c' = c * c\nh' = x + c", "no state carries the input on"),
        ("c' = tanh(W x + U c)\nh' = c", None),
    ],
)
def test_a_genome_must_carry_its_input_on(text, why):
    assert fault(genome(Cell(text))) == why


def test_a_genome_may_not_grow_without_end():
    line = " + ".join(f"W_{i} x" for i in range(17))
    assert fault(genome(Cell(f"h' = {line} + h"))) == "too large"


def test_a_state_that_nobody_reads_is_left_out():
    found = genome(Cell("c' = tanh(W x + U c)\nh' = tanh(V x + R h)"))
    assert to_text(found) == "h' = tanh(V x + R h)\n"


def test_what_is_read_twice_or_long_has_a_line_of_its_own():
    cell = to_cell(genome(Cell("h' = tanh(W x + U h) * tanh(W x + U h) + x")))
    assert cell.text == "t1 = tanh(W x + U h)\nh' = t1 * t1 + x\n"
