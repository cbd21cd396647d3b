"""Beam search: the best of all sequences where they can be counted, and it always ends."""

from __future__ import annotations

import itertools

import pytest
import torch

from elman.models.beam import Beam, search

BEGIN, END, V = 1, 2, 5


def table(rows: int, seed: int) -> torch.Tensor:
    """Log-probabilities of the next token by row and token before."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, V, V, generator=generator).log_softmax(-1)


def follow(logs, width):
    """A chain whose state is how many tokens were said, (1, N, 1)."""
    row = torch.arange(len(logs)).repeat_interleave(width)
    return lambda tokens, state: (logs[row, tokens].clone(), state + 1)


def by_counting(logs, longest, balance):
    found = []
    for length in range(longest):
        for said in itertools.product([0, 3, 4], repeat=length):
            steps = itertools.pairwise([BEGIN, *said, END])
            total = sum(float(logs[a, b]) for a, b in steps)
            found.append((total / (length + 1) ** balance, list(said)))
    return max(found)[1]


@pytest.mark.parametrize("balance", [0.0, 1.0])
def test_a_wide_beam_finds_what_counting_finds(balance):
    logs = table(3, 7)
    width = 60
    found = search(
        follow(logs, width), torch.zeros(1, 3 * width, 1), 3, BEGIN, END, Beam(width, 4, balance)
    )
    assert found == [by_counting(one, 4, balance) for one in logs]


def test_a_row_is_searched_as_if_it_were_alone():
    logs, beam = table(4, 3), Beam(3, 6)
    together = search(follow(logs, 3), torch.zeros(1, 12, 1), 4, BEGIN, END, beam)
    alone = [
        search(follow(logs[k : k + 1], 3), torch.zeros(1, 3, 1), 1, BEGIN, END, beam)[0]
        for k in range(4)
    ]
    assert together == alone


def test_it_ends_where_the_model_never_does_and_never_says_what_it_must_not():
    logs = torch.full((1, V, V), -50.0)
    logs[:, :, 3] = -0.1
    logs[:, :, 0] = 0.0
    found = search(follow(logs, 2), torch.zeros(1, 2, 1), 1, BEGIN, END, Beam(2, 7), never=(0,))
    assert len(found[0]) <= 7 and 0 not in found[0] and BEGIN not in found[0]
