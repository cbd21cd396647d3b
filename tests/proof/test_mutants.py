"""A hundred bugs in the compiler, and how many of them the fuzz finds."""

from __future__ import annotations

import pytest

from proof.mutation import Mutant, changed, hunt_all, mutants

ALL = mutants()
CHUNK = 5

# What the fuzz does not find -> why. No more than two.
SURVIVORS: dict[str, str] = {}


def test_there_are_a_hundred_different_mutants_and_few_survivors():
    assert len(ALL) == 100
    assert len({each.what for each in ALL}) == len({(e.file, e.old, e.new) for e in ALL}) == 100
    assert SURVIVORS.keys() <= {each.what for each in ALL} and len(SURVIVORS) <= 2


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.what)
def test_the_place_of_every_mutant_is_there(mutant):
    assert changed(mutant)


def test_a_mutant_whose_place_is_gone_says_what_to_do():
    gone = Mutant("a sum is late", "graph/ops.py", "no such line", "")
    message = "graph/ops.py has 0 times 'no such line', which the mutant 'a sum is late' needs once"
    with pytest.raises(LookupError, match=f"^{message}: renew its entry in "):
        changed(gone)


def test_mutants_of_three_kinds_are_caught():
    first = {each.file: each for each in reversed(ALL)}
    files = ("derive/reverse.py", "kernels/llvm/epilogue.py", "kernels/llvm/functions.py")
    for found in hunt_all([first[file] for file in files], trials=40):
        assert found.caught_by >= 0, found


def test_a_change_that_changes_nothing_is_not_caught():
    harmless = Mutant("nothing", "graph/ops.py", "INF = math.inf", "INF = +math.inf")
    (found,) = hunt_all([harmless], trials=2)
    assert (found.caught_by, found.how) == (-1, "survived")


@pytest.mark.prove
@pytest.mark.parametrize("first", range(0, 100, CHUNK))
def test_mutants_are_caught_within_300_trials(first, tally):
    found = hunt_all(ALL[first : first + CHUNK])
    missed = [outcome for outcome in found if outcome.caught_by < 0]
    tally(mutants=len(found), caught=len(found) - len(missed))
    assert {outcome.what for outcome in missed} <= SURVIVORS.keys(), missed
