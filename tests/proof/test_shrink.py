"""A failure is made small before it is shown."""

from __future__ import annotations

import pytest

from elman.equations import syntax
from elman.kernels.llvm.functions import WRITERS
from proof import running
from proof.compare import fails
from proof.shrink import operations, shrink
from proof.trial import Trial, trial


def has(function: str):
    """Pretend that the compiler is wrong wherever a function stands."""

    def fails(of: Trial) -> bool:
        lines = of.cell.equations.definitions
        nodes = (node for line in lines for node in syntax.walk(line.value))
        return any(isinstance(node, syntax.Call) and node.function == function for node in nodes)

    return fails


@pytest.mark.parametrize("function", ["layernorm", "where", "tanh"])
def test_a_bug_in_one_function_is_shown_by_a_cell_of_few_operations(function):
    first = next(of for of in map(trial, range(200)) if has(function)(of))
    small = shrink(first, has(function))
    assert has(function)(small)
    assert operations(small.cell) <= 3 < operations(first.cell)
    assert max(small.shape) == 1 or small.lengths
    assert not (small.history or small.backwards or small.dropout or small.spread)


@pytest.mark.prove
@pytest.mark.parametrize("function", ["silu", "max"])
def test_a_bug_in_the_compiler_is_shown_by_a_cell_of_few_operations(function, monkeypatch):
    right = WRITERS[function]
    monkeypatch.setitem(
        WRITERS, function, lambda v, *x: v.do("fadd", right(v, *x), v.number(0.001))
    )
    running._compiled.cache_clear()
    small = shrink(next(of for of in map(trial, range(100)) if fails(of)), fails)
    running._compiled.cache_clear()
    assert has(function)(small)
    assert operations(small.cell) <= 5


def test_what_a_bug_needs_is_kept():
    def needs(of: Trial) -> bool:
        return of.history and of.shape[1] >= 3 and has("tanh")(of)

    first = next(of for of in map(trial, range(400)) if needs(of))
    small = shrink(first, needs)
    assert needs(small) and small.shape[1] == 3 and operations(small.cell) <= 3


def test_a_trial_prints_what_is_needed_to_do_it_again():
    of = trial(7)
    assert str(of).startswith(f"trial 7: (T, B, D, H) = {of.shape}, {of.width}")
    assert of.cell.text in str(of)
