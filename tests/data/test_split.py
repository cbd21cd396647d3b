"""The held-out tenth: by content, without leaks, and never all of a group."""

from __future__ import annotations

from elman.data.split import held_out


def test_the_tenth_is_the_same_whatever_the_order_and_equal_keys_stay_together():
    keys = [f"k{k % 50}" for k in range(100)]
    out = held_out(keys, [0] * 100)
    back = held_out(keys[::-1], [0] * 100)

    assert len(out) == 10
    assert {keys[k] for k in out}.isdisjoint({keys[k] for k in range(100) if k not in out})
    assert len({keys[k] for k in out} & {keys[::-1][k] for k in back}) >= 4


def test_the_first_of_every_group_trains():
    assert held_out(["a", "b", "c"], ["x", "y", "y"]) == {2}
    assert held_out(["a", "b"], ["x", "y"]) == set()
