"""The row table: ragged, reversed, reset, packed and batch-first data, straight through a kernel.

Every layout must give what each row gives alone, and a reset what two sequences give, one after the
other. The interpreter is the witness.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from elman.errors import ShapeError
from elman.kernels import TARGETS, Arguments, compile
from elman.kernels.rows import Rows, full, table
from witness import Results, agree64, arguments, computed, expected
from zoo import CELLS, Case, case, machine

NAMES = ("gru", "lstm", "mut1", "declared", "norms", "functions", "diagonal")
LENGTHS = [3, 0, 7, 7, 1, 0, 5]
PER_ROW = ("y", "inputs", "statics", "states", "final", "history")


def part(of: Case, row: int, steps: list[int]) -> Case:
    """One row of a case, at some of its steps, in the order given."""

    def along(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: value[steps][:, row : row + 1] for name, value in values.items()}

    def one(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: value[row : row + 1] for name, value in values.items()}

    return Case(
        of.cell, of.sizes, along(of.inputs), one(of.statics), one(of.states), of.fixed,
        of.y[steps][:, row : row + 1], one(of.final), along(of.history),
    )  # fmt: skip


def alone(of: Case, rows: list[list[int]], *, history: bool = False) -> Results:
    """What every row gives alone when it walks through its own list of places."""
    whole: Results = {}
    parameters = {f"grad_{name}" for name in of.fixed}
    for row, places in enumerate(rows):
        found = expected(part(of, row, places), history=history)
        for name, value in found.items():
            if name in parameters:
                whole[name] = whole.get(name, 0) + value
            elif value.ndim == 3:
                shape = (len(of.y), len(rows), value.shape[2])
                whole.setdefault(name, np.zeros(shape))[places, row] = value[:, 0]
            else:
                whole.setdefault(name, np.zeros((len(rows), value.shape[1])))[row] = value[0]
    return whole


def ragged(
    name: str,
    *,
    backwards: bool = False,
    history: bool = False,
    width: str = "",
    target: str = "llvm",
) -> None:
    of = case(CELLS[name], (7, len(LENGTHS), 4, 6))
    rows = table(LENGTHS, 7, backwards=backwards)
    places = [list(range(n))[:: -1 if backwards else 1] for n in LENGTHS]
    kernel = compile(of.cell.step, target, machine(width) if width else None)
    got = computed(kernel, of, torch.float64, rows=rows, history=history)
    agree64(got, alone(of, places, history=history))


EVERY = list(itertools.product(NAMES, [False, True], TARGETS))


@pytest.mark.parametrize(("name", "backwards", "target"), EVERY)
def test_every_row_gives_what_it_gives_alone(name, backwards, target):
    ragged(name, backwards=backwards, target=target)


@pytest.mark.parametrize(("backwards", "target"), [*itertools.product([False, True], TARGETS)])
def test_histories_of_ragged_rows_are_differentiable(backwards, target):
    ragged("lstm", backwards=backwards, history=True, target=target)


@pytest.mark.parametrize("target", TARGETS)
def test_what_stands_behind_the_end_of_a_row_is_never_read(target):
    of = case(CELLS["functions"], (4, 2, 3, 5))
    for value in (*of.inputs.values(), of.y):
        value[2:, 1] = np.nan
    got = computed(compile(of.cell.step, target), of, torch.float64, rows=table([4, 2]))
    assert all(np.isfinite(value).all() for value in got.values())


def test_reversed_rows_of_full_length_run_from_the_end():
    of = case(CELLS["lstm"], (6, 3, 4, 5))
    got = computed(compile(of.cell.step), of, torch.float64, rows=full(6, 3, True))
    agree64(got, alone(of, [[5, 4, 3, 2, 1, 0]] * 3))


def test_rows_of_no_length_keep_their_state_and_give_its_gradient_back():
    of = case(CELLS["lstm"], (4, 2, 3, 3))
    got = computed(compile(of.cell.step), of, torch.float64, rows=table([0, 0], 4))
    np.testing.assert_array_equal(got["c"], of.states["c"])
    np.testing.assert_array_equal(got["grad_c"], of.final["c"])
    assert not got["y"].any() and not got["grad_x"].any() and not got["grad_U_i"].any()


# -- resets --------------------------------------------------------------------------------------


def in_segments(of: Case, reset: np.ndarray, lengths: list[int], backwards: bool) -> Results:
    """Every piece between resets as a sequence of its own, the first from the given state."""
    whole: Results = {}
    for row, length in enumerate(lengths):
        places = list(range(length))[:: -1 if backwards else 1]
        cuts = [i for i, place in enumerate(places) if reset[place, row]]
        bounds = sorted({0, *cuts, length})
        pieces = [places[a:b] for a, b in itertools.pairwise(bounds)] or [[]]
        for index, piece in enumerate(pieces):
            own = part(of, row, piece)
            fresh = bool(piece) and bool(reset[piece[0], row])
            final = index + 1 == len(pieces)
            for name in own.states:
                own.states[name] = own.states[name] * (not fresh)
                own.final[name] = own.final[name] * final
            _put(whole, of, expected(own), row, piece, start=not index and not fresh, final=final)
    return whole


def _put(
    whole: Results,
    of: Case,
    found: Results,
    row: int,
    piece: list[int],
    *,
    start: bool,
    final: bool,
) -> None:
    for name, value in found.items():
        leaf = name.removeprefix("grad_")
        if name.startswith("grad_") and leaf in of.fixed:
            whole[name] = whole.get(name, 0) + value
        elif value.ndim == 3:
            shape = (*of.y.shape[:2], value.shape[2])
            whole.setdefault(name, np.zeros(shape))[piece, row] = value[:, 0]
        else:
            target = whole.setdefault(name, np.zeros((of.y.shape[1], value.shape[1])))
            once = final if name == leaf else start if leaf in of.states else True
            target[row] += value[0] * once


@pytest.mark.parametrize(("name", "backwards", "target"), EVERY)
def test_a_reset_cuts_state_and_gradient_exactly_there(name, backwards, target, rng):
    of = case(CELLS[name], (7, len(LENGTHS), 4, 6))
    reset = rng.random((7, len(LENGTHS))) < 0.35
    reset[0, 0] = reset[2, 0] = reset[6, 2] = True  # at both ends of a row
    rows = table(LENGTHS, 7, backwards=backwards, reset=reset)
    got = computed(compile(of.cell.step, target), of, torch.float64, rows=rows)
    agree64(got, in_segments(of, reset, LENGTHS, backwards))


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_reset_goes_back_to_can_be_learned(backwards, rng):
    of = case(CELLS["lstm"], (7, len(LENGTHS), 4, 6))
    reset = rng.random((7, len(LENGTHS))) < 0.3
    rows = table(LENGTHS, 7, backwards=backwards, reset=reset)
    fresh = {name: torch.tensor(rng.standard_normal(6)) for name in of.states}
    found = []
    for target in TARGETS:
        given = tensors(of)
        own = {n: tensor.clone().detach().requires_grad_() for n, tensor in fresh.items()}
        called = replace(arguments(of, given, rows), fresh=own)
        results = compile(of.cell.step, target)(called)
        loss = results.outputs["y"].sin().sum() + results.final["c"].cos().sum()
        found.append([loss.detach(), *torch.autograd.grad(loss, [*own.values(), given["x"]])])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)
    assert all(gradient.abs().min() > 0 for gradient in found[0][1:3])


def test_a_reset_at_every_step_leaves_no_memory():
    of = case(CELLS["gru"], (5, 3, 4, 4))
    reset = np.ones((5, 3), bool)
    got = computed(compile(of.cell.step), of, torch.float64, rows=table([5] * 3, reset=reset))
    agree64(got, in_segments(of, reset, [5] * 3, False))
    assert not got["grad_h"].any()


# -- layouts -------------------------------------------------------------------------------------


def tensors(of: Case) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value, requires_grad=True) for name, value in of.tensors.items()}


def test_batch_first_data_is_read_where_it_lies():
    of = case(CELLS["lstm"], (6, 4, 3, 5))
    given = tensors(of)
    first = given["x"].detach().transpose(0, 1).contiguous().requires_grad_()
    states = {name: given[name] for name in of.states}
    fixed = {name: given[name] for name in of.fixed}
    results = compile(of.cell.step)(Arguments({"x": first.transpose(0, 1)}, states, fixed))
    (gradient,) = torch.autograd.grad(results.outputs["y"], first, torch.tensor(of.y))
    of.final.update({name: value * 0 for name, value in of.final.items()})
    want = expected(of)
    np.testing.assert_allclose(results.outputs["y"].detach(), want["y"], atol=1e-12)
    np.testing.assert_allclose(gradient.transpose(0, 1), want["grad_x"], atol=1e-12)


def packed(values: np.ndarray, lengths: list[int]) -> np.ndarray:
    """The steps of sorted rows one after another, rows of one step together: (items, 1, size)."""
    steps = [values[t, [r for r, n in enumerate(lengths) if n > t]] for t in range(max(lengths))]
    return np.concatenate(steps)[:, None]


@pytest.mark.parametrize("lengths", [[7, 7, 4, 2, 1], [7] * 5])
@pytest.mark.parametrize(("name", "backwards", "target"), [e for e in EVERY if e[0] in NAMES[:4]])
def test_packed_data_gives_what_padded_data_gives(name, backwards, target, lengths):
    of = case(CELLS[name], (7, 5, 4, 6))
    when = np.concatenate([[0], np.cumsum([sum(n > t for n in lengths) for t in range(6)])])
    rows = table(lengths, backwards=backwards, when=when)
    dense = Case(
        of.cell, of.sizes, {name: packed(value, lengths) for name, value in of.inputs.items()},
        of.statics, of.states, of.fixed, packed(of.y, lengths), of.final, of.history,
    )  # fmt: skip
    got = computed(compile(of.cell.step, target), dense, torch.float64, rows=rows)
    places = [list(range(n))[:: -1 if backwards else 1] for n in lengths]
    want = alone(of, places)
    sequences = {"y", *(f"grad_{name}" for name in of.inputs)}
    want |= {name: packed(want[name], lengths) for name in sequences}
    agree64(got, want)


def test_packed_data_may_be_columns_of_a_wider_table():
    lengths, when = [3, 2], np.array([0, 2, 4])
    of = case(CELLS["lstm"], (3, 2, 4, 5))
    given = tensors(of)
    states = {name: given[name] for name in of.states}
    fixed = {name: given[name] for name in of.fixed}
    items = torch.tensor(packed(of.inputs["x"], lengths))
    wide = torch.full((5, 9), torch.nan, dtype=torch.float64)
    wide[:, 2:6] = items[:, 0]

    def run(x: torch.Tensor) -> torch.Tensor:
        return compile(of.cell.step)(Arguments({"x": x}, states, fixed, {}, rows)).outputs["y"]

    rows = table(lengths, when=when)
    assert torch.equal(run(wide[:, 2:6].unsqueeze(1)), run(items))


# -- the table itself ----------------------------------------------------------------------------


def test_rows_are_taken_in_order_of_falling_length():
    rows = table([2, 0, 3, 2])
    assert rows.order.tolist() == [2, 0, 3, 1]
    assert rows.length.tolist() == [3, 2, 2, 0]
    assert rows.active.tolist() == [3, 3, 1, 0, 0]
    assert not rows.whole and rows.steps == 3 and rows.rows == 4


def test_reversed_rows_start_at_their_own_end():
    rows = table([2, 0, 3], backwards=True)
    assert rows.start.tolist() == [2, 1, 0] and rows.direction.tolist() == [-1, -1, -1]


def test_full_rows_are_whole():
    assert isinstance(full(4, 2), Rows) and full(4, 2).whole and full(0, 2).whole


@pytest.mark.parametrize(
    ("lengths", "steps", "message"),
    [
        ([3, 4], 3, "lengths must lie between 0 and 3, but row 1 has 4"),
        ([-1, 2], 2, "lengths must lie between 0 and 2, but row 0 has -1"),
    ],
)
def test_lengths_out_of_range_are_refused(lengths, steps, message):
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        table(lengths, steps)


def test_resets_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"^reset must have shape \(3, 2\), got \(2, 3\)$"):
        table([3, 1], reset=np.zeros((2, 3), bool))
