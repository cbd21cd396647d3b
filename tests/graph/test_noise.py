"""Dropout and zoneout are rewrites: where the masks stand, and what is left without them."""

from __future__ import annotations

import numpy as np
import pytest

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.graph import counter, evaluate, over_time, verify
from elman.graph.node import ordered
from elman.graph.noise import drop_input, drop_state, record, zone_out

GRU = cells.get("gru").step
SIZES = {"1": 1, "D": 3, "H": 5}
STREAM = counter.Stream(seed=7)


def masks(step, op):
    return [node for node in ordered(o.node for o in step.outputs) if node.op == op]


def leaves(step, rng):
    drawn = (*step.inputs, *step.states, *step.parameters)
    return {leaf.name: rng.standard_normal([SIZES[s] for s in leaf.shape]) for leaf in drawn}


def value(step, given, stream=STREAM):
    """The next state of one row at step 0."""
    roots = [step.next_of("h")]
    return evaluate(roots, given, SIZES, stream.at(0, 1))[roots[0]]


def test_an_input_mask_is_one_for_all_products_and_steps(rng):
    step = verify(drop_input(GRU, 0.5))
    assert len(masks(step, "row_mask")) == 1 and not masks(step, "mask")
    given = leaves(step, rng)
    mask = STREAM.at(0, 1).for_all_steps().mask(0.5, 1, 3)[0]
    assert {*mask} <= {0.0, 2.0} and 0 < mask.sum() < 6
    want = value(GRU, {**given, "x": given["x"] * mask})
    np.testing.assert_allclose(value(step, given)[0], want)


def test_a_state_mask_stands_in_products_only(rng):
    step = verify(drop_state(GRU, 0.5))
    given = leaves(step, rng)
    mask = STREAM.at(0, 1).for_all_steps().mask(0.5, 16, 5)[0]
    products = {f"U_{gate}": given[f"U_{gate}"] * mask for gate in "rzn"}  # (U m) h = U (m h)
    np.testing.assert_allclose(value(step, given)[0], value(GRU, {**given, **products}))


def test_a_state_mask_stops_at_names():
    # r has h in it, but by its own name: in `U (r * h)` only the h is masked
    step = Cell("r = sigmoid(V h)\nh' = tanh(U (r * h) + x)").step
    dropped = drop_state(step, 0.5)
    operand = next(n for n in dropped.nodes() if n.op == "linear" and n.args[0].name == "U").args[1]
    left, right = operand.args
    assert left.op == "sigmoid" and right.op == "mul" and right.args[0].name == "h"


def test_zoneout_keeps_units_or_moves_them_whole(rng):
    step = verify(zone_out(GRU, {"h": 0.5}, training=True))
    given = leaves(step, rng)
    moved, new = value(step, given)[0], value(GRU, given)
    kept = moved == given["h"]
    assert 0 < kept.sum() < 5
    np.testing.assert_array_equal(moved[~kept], new[~kept])


def test_zoneout_outside_training_is_the_mean(rng):
    step = verify(zone_out(GRU, {"h": 0.25}, training=False))
    given = leaves(step, rng)
    want = 0.25 * given["h"] + 0.75 * value(GRU, given)
    np.testing.assert_allclose(value(step, given), want)
    assert not masks(step, "mask")


def test_states_with_one_next_value_keep_their_own_rates(rng):
    step = Cell("state z\nh' = tanh(W x + U h + V z)\nz' = h'").step
    zoned = verify(zone_out(step, {"h": 0.25, "z": 0.75}, training=False))
    given = leaves(step, rng)
    new = value(step, given)
    roots = [zoned.next_of("h"), zoned.next_of("z")]
    found = evaluate(roots, given, SIZES)
    np.testing.assert_allclose(found[roots[0]], 0.25 * given["h"] + 0.75 * new)
    np.testing.assert_allclose(found[roots[1]], 0.75 * given["z"] + 0.25 * new)
    assert zoned.by_role("output")[0].node is roots[0]


def test_the_output_is_what_the_zoned_state_is():
    step = zone_out(cells.get("lstm").step, {"h": 0.1, "c": 0.5}, training=True)
    assert step.by_role("output")[0].node is step.next_of("h")
    assert len(masks(step, "mask")) == 2


def test_masks_over_time_differ_from_step_to_step(rng):
    step = Cell("h' = h + 1").step
    zoned = zone_out(step, {"h": 0.5}, training=True)
    ran = over_time(
        zoned, {"x": np.zeros((50, 1, 3))}, {"h": np.zeros((1, 5))}, {}, SIZES, stream=STREAM
    )
    assert 15 < ran["h"].mean() < 35
    assert len({*ran["h"].ravel()}) > 1


def test_recorded_quantities_are_outputs():
    step = verify(record(GRU, ("r", "n")))
    assert [o.name for o in step.by_role("recorded")] == ["r", "n"]


def test_what_is_not_there_cannot_be_recorded():
    message = "^gru has no quantity 'q' to record: it has r, z, n$"
    with pytest.raises(ConfigError, match=message):
        record(GRU, ("r", "q"))
