"""Turns: in rounds, each in another order, and compared within a round."""

from __future__ import annotations

import gc

import pytest
import torch

from elman.bench import rounds
from elman.bench.rounds import Times, in_turn


def test_everybody_has_a_turn_in_every_round_and_nobody_is_always_first(monkeypatch):
    monkeypatch.setattr(rounds, "TURN", 0.0)
    called: list[str] = []
    times = in_turn({name: lambda n=name: called.append(n) for name in "abc"}, 0.0)

    assert all(len(each.each) == rounds.LEAST_ROUNDS for each in times.values())
    turns = called[3::2]  # after one call each to see how long it takes; then a warm-up and a call
    assert [turns[i : i + 3] for i in (0, 3, 6)] == [list("abc"), list("bca"), list("cab")]


def test_a_quick_call_is_repeated_until_a_clock_can_tell():
    calls = [0]

    def quick() -> None:
        calls[0] += 1

    in_turn({"quick": quick}, 0.0)
    assert calls[0] > 7 * 100


def test_rounds_are_as_many_as_the_time_allows():
    slow = {"slow": lambda: sum(range(600_000))}
    few, many = (len(in_turn(slow, seconds)["slow"].each) for seconds in (0.0, 0.8))
    assert few == rounds.LEAST_ROUNDS < many <= rounds.MOST_ROUNDS


def test_a_ratio_is_taken_within_rounds_so_that_a_disturbed_round_does_not_count():
    ours = Times((1.0, 10.0, 1.0))  # something else ran in the second round
    theirs = Times((2.0, 20.0, 2.5))
    assert theirs.ratio(ours) == 2.0
    assert (theirs.median, theirs.best) == (2.5, 2.0)


def test_garbage_is_collected_again_when_a_call_fails():
    calls = iter([None, None])
    try:
        in_turn({"fails": lambda: next(calls)}, 0.0)
    except StopIteration:
        assert gc.isenabled()
    else:
        raise AssertionError("the third call should have failed")


def test_threads_are_put_back():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), rounds.on_threads(before + 1) as count:
        assert count == torch.get_num_threads() == before + 1
        raise RuntimeError
    with rounds.on_threads(None) as count:
        assert count == before == torch.get_num_threads()
