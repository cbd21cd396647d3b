"""What must not change when a call is put another way: relations between two calls of one cell.

Outputs, states and their gradients keep their bits; gradients of parameters, which are sums over
all rows and steps, keep ten digits where the order of the sum is another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from proof.bits import equal, of_row
from proof.compare import BACKWARD
from proof.running import arguments, compiled, run
from proof.trial import Trial, trial
from witness import Results, largest, worst

WHOLE = 400
CHUNK = 40
SHAPE = (7, 5)


def plain(seeds: range) -> Iterator[Trial]:
    """Trials of seven steps and five rows, with nothing special about the call."""
    for of in map(trial, seeds):
        sizes = of.shape[2:]
        yield Trial(of.seed, of.cell, (*SHAPE, *sizes), of.width, history=of.history)


def along(of: Trial, pick, *, time: bool = True) -> dict:
    """The numbers of a case after a change of everything that has steps, or that has rows."""
    case = of.case
    kinds = ("inputs", "history") if time else ("inputs", "history", "statics", "states", "final")
    groups = {kind: {n: pick(v) for n, v in getattr(case, kind).items()} for kind in kinds}
    return {**groups, "y": pick(case.y)}


def permuted(of: Trial) -> None:
    """The rows in another order."""
    order = np.random.default_rng(of.seed).permutation(SHAPE[1])

    def rows(value: np.ndarray) -> np.ndarray:
        return value[:, order] if value.ndim == 3 else value[order]

    other = run(of.with_numbers(**along(of, rows, time=False)))
    whole = run(of)
    shared = {f"grad_{name}" for name in of.case.fixed}
    kept = {name: rows(value) for name, value in whole.items() if name not in shared}
    equal(of, other, kept, "in another order")
    close(of, other, whole, shared)


def close(of: Trial, got: Results, want: Results, names: set[str]) -> None:
    errors = worst({n: got[n] for n in names}, {n: want[n] for n in names})
    for name, error in errors.items():
        assert error <= BACKWARD * max(1.0, largest(want[name])), f"{name}: {error}\n{of}"


def backwards_twice(of: Trial) -> None:
    """Sequences turned around, and run from their ends."""

    def turned(values: Results) -> Results:
        return {n: v[::-1].copy() if v.ndim == 3 else v for n, v in values.items()}

    groups = along(of, lambda v: v[::-1].copy())
    other = turned(run(replace(of, backwards=True).with_numbers(**groups)))
    equal(of, other, run(of), "turned around twice")


def shortened(of: Trial) -> None:
    """Rows of any length, zero among them, against the same sequences alone."""
    lengths = (3, 0, 7, 1, 7)
    whole = run(replace(of, lengths=lengths))
    for row, length in enumerate(lengths):
        one = of.alone(row)
        cut = along(one, lambda value, length=length: value[:length])
        short = replace(one, shape=(length, 1, *of.shape[2:]))
        short.__dict__["case"] = replace(one.case, **cut)
        part = of_row(of, whole, row)
        part = {name: v[:length] if v.ndim == 3 else v for name, v in part.items()}
        equal(of, run(short), part, f"where row {row} is a sequence of {length} steps")
    for name, start in of.case.states.items():
        np.testing.assert_array_equal(whole[name][1], start[1])


def split(of: Trial) -> None:
    """Two calls, the second with the states that the first ended in, and their gradients back."""
    kernel = compiled(of)
    case = of.case
    given = {n: torch.tensor(v, requires_grad=True) for n, v in case.tensors.items()}
    states = {n: given[n] for n in case.states}
    outputs: list[torch.Tensor] = []
    for start, stop in ((0, 3), (3, SHAPE[0])):
        part = replace(of, shape=(stop - start, *of.shape[1:]), history=False)
        pieces = {n: given[n][start:stop] for n in case.inputs}
        results = kernel(arguments(part, {**given, **pieces, **states}))
        outputs.append(results.outputs["y"])
        states = dict(results.final)
    y = torch.cat(outputs)
    pairs = [(y, case.y), *((states[n], v) for n, v in case.final.items())]
    pairs = [(output, torch.tensor(seed)) for output, seed in pairs if output.requires_grad]
    found = torch.autograd.grad(
        [output for output, _ in pairs], list(given.values()), [seed for _, seed in pairs],
        allow_unused=True,
    )  # fmt: skip
    joined = {"y": y, **states}
    for (name, tensor), gradient in zip(given.items(), found, strict=True):
        joined[f"grad_{name}"] = torch.zeros_like(tensor) if gradient is None else gradient
    whole = run(replace(of, history=False))
    arrays = {name: value.detach().numpy() for name, value in joined.items()}
    shared = {f"grad_{name}" for name in (*case.fixed, *case.statics)}
    kept = {n: v for n, v in whole.items() if n not in shared}
    # torch adds zeros to the gradient of a slice, which takes the sign from a negative zero
    equal(
        of, {n: v + 0.0 for n, v in arrays.items()}, {n: v + 0.0 for n, v in kept.items()}, "split"
    )
    close(of, arrays, whole, shared)


RELATIONS = {
    "permuted": permuted, "backwards twice": backwards_twice, "of any length": shortened,
    "split": split,
}  # fmt: skip


@pytest.mark.parametrize("name", RELATIONS)
def test_a_call_put_another_way_gives_the_same(name, tally):
    for of in plain(range(8)):
        RELATIONS[name](of)
        tally(related=1)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(8, WHOLE, CHUNK))
def test_a_call_put_another_way_gives_the_same_for_many_cells(first, tally):
    for of in plain(range(first, first + CHUNK)):
        for relation in RELATIONS.values():
            relation(of)
        tally(related=len(RELATIONS))


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)])
def test_nothing_in_is_nothing_out(shape):
    for of in plain(range(6)):
        none = Trial(of.seed, of.cell, (*shape, *of.shape[2:]), of.width)
        got = run(none)
        assert got["y"].shape[:2] == shape
        for name, start in none.case.states.items():
            np.testing.assert_array_equal(got[name], start)
            np.testing.assert_array_equal(got[f"grad_{name}"], none.case.final[name])
        assert not any(got[f"grad_{name}"].any() for name in none.case.fixed)
