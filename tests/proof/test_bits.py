"""The same bits for any number of threads, and for a row in any batch."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest
import torch

import elman
from elman.equations import Cell
from proof.bits import THREADS, any_batch, any_team, any_threads, threads
from proof.trial import Trial, trial
from zoo import CELLS

WHOLE = 500
CHUNK = 50
# stages that wait for one another once a row, and after the loop
CHAINS = """
    static v
    s  = tanh(N_2 tanh(N_1 v))
    h' = tanh(W x + U h + V s)
    y  = tanh(Y_2 tanh(Y_1 h'))
"""
WIDE = {**CELLS, "chains": Cell(CHAINS, name="chains")}
WAITING = ("star", "peephole", "intersection", "janet", "mut1", "chains")  # the first: before it


def bits(seeds: range, tally) -> None:
    for of in map(trial, seeds):
        kind = torch.float32 if of.seed % 2 else torch.float64
        tally(threads=any_threads(of, kind), alone=any_batch(of, kind))


@pytest.mark.parametrize("first", (0, 10))
def test_bits_depend_neither_on_threads_nor_on_the_batch(first, tally):
    bits(range(first, first + 10), tally)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(20, WHOLE, CHUNK))
def test_bits_depend_neither_on_threads_nor_on_the_batch_for_many_cells(first, tally):
    bits(range(first, first + CHUNK), tally)


def wide(name: str, seed: int) -> Trial:
    """A call of a cell of the zoo with several panels of units in every stage."""
    pick, of = random.Random(f"{name} {seed}"), trial(seed)
    steps, rows = pick.choice(((3, 1), (7, 3), (20, 5), (1100, 1), (300, 7), (40, 60)))
    lengths = tuple(pick.randint(0, steps) for _ in range(rows)) if pick.random() < 0.5 else None
    shape = (steps, rows, pick.choice((3, 20)), pick.choice((33, 65, 100)))
    return replace(of, shape=shape, cell=WIDE[name], lengths=lengths)


@pytest.mark.parametrize("name", WAITING)
def test_threads_that_share_units_wait_for_one_another(name, tally):
    for seed in range(3):
        tally(threads=any_team(wide(name, seed), torch.float32 if seed % 2 else torch.float64))


@pytest.mark.prove
@pytest.mark.parametrize("name", [name for name in CELLS if name not in WAITING])
def test_threads_that_share_units_wait_for_one_another_in_every_cell(name, tally):
    for seed in range(8):
        tally(threads=any_team(wide(name, seed), torch.float32 if seed % 2 else torch.float64))


def trained(layer: torch.nn.Module, number: int) -> str:
    """The SHA-256 of all weights after 200 steps of Adam on so many threads."""
    torch.manual_seed(5)
    x, target = torch.randn(20, 9, 5), torch.randn(20, 9, 17)
    torch.manual_seed(6)
    for weight in layer.parameters():
        torch.nn.init.uniform_(weight, -0.3, 0.3)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    with threads(number):
        for _ in range(200):
            optimizer.zero_grad()
            (layer(x)[0] - target).square().mean().backward()
            optimizer.step()
    together = b"".join(weight.detach().numpy().tobytes() for weight in layer.parameters())
    return hashlib.sha256(together).hexdigest()


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_two_hundred_steps_train_to_the_same_bits_on_any_number_of_threads(name, tally):
    layers = [elman.Recurrent(name, 5, 17, target="llvm") for _ in THREADS]
    found = {trained(layer, number) for layer, number in zip(layers, THREADS, strict=True)}
    assert len(found) == 1
    tally(threads=len(THREADS) - 1)
