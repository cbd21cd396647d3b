"""Beam search for many rows at once: the likeliest sequences of tokens, until all have ended.

In: a function that scores the next token. Out: for each row its best sequence. It always ends:
after `longest` tokens what is there is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Next = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""Tokens (N,) and the state before them -> log-probabilities (N, V) and the state after them."""


@dataclass(frozen=True)
class Beam:
    """How is searched: `width` beginnings per row, at most `longest` tokens, and how a sequence of
    length n is scored: the sum of its log-probabilities over n ** `balance`.
    """

    width: int = 5
    longest: int = 60
    balance: float = 1.0


@torch.no_grad()
def search(
    follow: Next,
    state: Any,
    rows: int,
    begin: int,
    end: int,
    beam: Beam,
    never: tuple[int, ...] = (),
) -> list[list[int]]:
    """The best sequence for each of `rows` rows, without `begin` and `end`.

    `state` is that of rows * width rows, those of a row side by side; `never` are tokens that are
    not to be said.
    """
    width = beam.width
    tokens = torch.full((rows * width,), begin)
    scores = torch.full((rows, width), float("-inf"))
    scores[:, 0] = 0.0  # at the start all beginnings are the same one
    said = torch.zeros(rows * width, 0, dtype=torch.int64)
    done: list[list[tuple[float, list[int]]]] = [[] for _ in range(rows)]
    offsets = (torch.arange(rows) * width)[:, None]
    for step in range(1, beam.longest + 1):
        logs, state = follow(tokens, state)
        logs[:, [begin, *never]] = float("-inf")
        size = logs.shape[-1]
        total = (scores.reshape(-1, 1) + logs).reshape(rows, -1)
        best, place = total.topk(min(2 * width, total.shape[1]), -1)
        source, token = offsets + place // size, place % size
        ends = token == end
        for row, rank in ends.nonzero().tolist():
            if rank < width and len(done[row]) < width and best[row, rank] > float("-inf"):
                finished = said[source[row, rank]].tolist()
                done[row].append((float(best[row, rank]) / step**beam.balance, finished))
        # those that go on, in their order: endings are put behind all others
        order = ends.to(torch.int64).argsort(dim=-1, stable=True)[:, :width]
        scores = best.masked_fill(ends, float("-inf")).gather(1, order)
        chosen = source.gather(1, order).reshape(-1)
        tokens = token.gather(1, order).reshape(-1)
        said = torch.cat([said[chosen], tokens[:, None]], 1)
        state = _picked(state, chosen)
        if all(len(found) >= width for found in done):
            break
    return [
        max(found)[1] if found else said[row * width].tolist() for row, found in enumerate(done)
    ]


def _picked(state: Any, rows: Tensor) -> Any:
    """The state of chosen rows: a tensor (L, N, H), or a tuple of states."""
    if isinstance(state, Tensor):
        return state.index_select(1, rows)
    return type(state)(_picked(part, rows) for part in state)
