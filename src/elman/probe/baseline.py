"""What the last ten characters tell alone: the control for every unit that is found.

A logistic regression (for amounts a linear one) on which character stands at each of the last ten
places. What it predicts well needs no memory. Fitted to the first part of a text, judged on the
rest.

The curvature of the logistic loss is at most X^T X / 4, so each step solves with that one matrix
(D. Böhning and B. Lindsay, 1988), hastened as Y. Nesterov does. X has a one for each of the ten
characters: X W is ten rows of W added up, and X^T X is a table of counts; neither is ever laid out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LAST = 10  # characters seen
LETTERS = 128  # tokens told apart: the most frequent ones; all others are one
RIDGE = 1.0
STEPS = 80
ENOUGH = 1e-4  # gradient per character at which it is done


class LastCharacters:
    """The last `LAST` characters at each place of tokens (T,)."""

    def __init__(self, tokens: NDArray[Any]) -> None:
        counts = np.bincount(tokens.astype(np.int64))
        common = np.argsort(-counts, kind="stable")[: LETTERS - 1]
        table = np.full(len(counts), len(common), np.int64)
        table[common] = np.arange(len(common))
        letters = table[tokens.astype(np.int64)]
        self.width = len(common) + 1
        # what stands before the text is the rare letter
        padded = np.concatenate([np.full(LAST - 1, len(common)), letters])
        back = [padded[LAST - 1 - k : len(padded) - k] for k in range(LAST)]
        self.places = torch.from_numpy(
            np.stack([one + k * self.width for k, one in enumerate(back)], 1)
        )

    @property
    def size(self) -> int:
        """How many weights there are for one label."""
        return LAST * self.width

    def times(self, weights: Tensor, start: int, stop: int) -> Tensor:
        """X W (stop - start, A) of the places from start to stop."""
        return torch.nn.functional.embedding_bag(self.places[start:stop], weights, mode="sum")

    def against(self, errors: Tensor, start: int, stop: int) -> Tensor:
        """X^T E (size, A) of the places from start to stop."""
        found = errors.new_zeros(self.size, errors.shape[1])
        for k in range(LAST):
            found.index_add_(0, self.places[start:stop, k], errors)
        return found

    def gram(self, start: int, stop: int) -> Tensor:
        """X^T X: how often two characters stand at two places."""
        whole = np.zeros((self.size, self.size))
        width, places = self.width, self.places[start:stop].numpy()
        for a in range(LAST):
            for b in range(a, LAST):
                pairs = (places[:, a] - a * width) * width + places[:, b] - b * width
                counts = np.bincount(pairs, minlength=width * width).reshape(width, width)
                whole[a * width : (a + 1) * width, b * width : (b + 1) * width] = counts
                whole[b * width : (b + 1) * width, a * width : (a + 1) * width] = counts.T
        return torch.from_numpy(whole)


def logistic(seen: LastCharacters, labels: NDArray[np.bool_], stop: int) -> Tensor:
    """The weights (size, A) of a logistic regression of labels (T, A), fitted to the places before
    `stop`, with a ridge of `RIDGE`.
    """
    wanted = torch.from_numpy(labels[:stop]).double()
    curved = seen.gram(0, stop) / 4 + RIDGE * torch.eye(seen.size, dtype=torch.float64)
    factor = torch.linalg.cholesky(curved)
    weights = ahead = torch.zeros(seen.size, labels.shape[1], dtype=torch.float64)
    for k in range(STEPS):
        errors = wanted - seen.times(ahead, 0, stop).sigmoid()
        slope = seen.against(errors, 0, stop) - RIDGE * ahead
        before, weights = weights, ahead + torch.cholesky_solve(slope, factor)
        if float(slope.abs().max()) < ENOUGH * stop:
            break
        # a label whose way has turned starts anew, without what carried it past
        turned = ((weights - before) * slope).sum(0) < 0
        ahead = weights + (weights - before) * torch.where(turned, 0.0, k / (k + 3))
    return weights


def linear(seen: LastCharacters, amounts: NDArray[np.floating], stop: int) -> Tensor:
    """The weights (size, A) of a ridge regression of amounts (T, A) less their mean, fitted to the
    places before `stop`.
    """
    wanted = torch.from_numpy(amounts[:stop]).double()
    curved = seen.gram(0, stop) + RIDGE * torch.eye(seen.size, dtype=torch.float64)
    slope = seen.against(wanted - wanted.mean(0), 0, stop)
    return torch.linalg.solve(curved, slope)


def foretold(
    tokens: NDArray[Any], labels: NDArray[np.bool_], amounts: NDArray[np.floating], cut: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the last characters say after each place from `cut` on, having learned before it:
    scores (T - cut, A) for labels (T, A), and (T - cut, B) for amounts (T, B).
    """
    seen, length = LastCharacters(tokens), len(tokens)
    one = seen.times(logistic(seen, labels, cut), cut, length) if labels.shape[1] else None
    two = seen.times(linear(seen, amounts, cut), cut, length) if amounts.shape[1] else None
    empty = np.empty((length - cut, 0))
    return empty if one is None else one.numpy(), empty if two is None else two.numpy()
