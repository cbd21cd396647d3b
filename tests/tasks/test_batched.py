"""What tasks of batches have in common."""

from __future__ import annotations

from elman.data.batches import Batches
from elman.tasks.batched import Batched


def test_the_position_is_all_that_is_carried():
    one, two = Batched(), Batched()
    one.batches, two.batches = Batches([3, 4, 5], 2), Batches([3, 4, 5], 2)
    next(one.batches)
    two.restore(one.arrays(), one.facts())

    assert two.batches.position == 1 and one.tokens_per_step == 6
    assert one.figures("x") == {} and one.forget() is None
