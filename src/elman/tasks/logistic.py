"""Logistic regression: what can be told from one vector alone, as a baseline without memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

DECAY = 1e-3  # of the squares of the weights, beside nats
ROUNDS = 100  # of L-BFGS, at most


def regress(
    x: NDArray[np.float32], y: NDArray[np.int64], labels: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The weights (D, labels) and the bias (labels) of least loss on rows x (N, D), classes y."""
    rows, classes = torch.from_numpy(x), torch.from_numpy(y)
    weight = torch.zeros(x.shape[1], labels, requires_grad=True)
    bias = torch.zeros(labels, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        found = torch.nn.functional.cross_entropy(rows @ weight + bias, classes)
        found = found + DECAY * weight.square().sum()
        found.backward()
        return found

    search.step(loss)
    return weight.detach().numpy(), bias.detach().numpy()


def accuracy(
    training: tuple[NDArray[np.float32], NDArray[np.int64]],
    judged: tuple[NDArray[np.float32], NDArray[np.int64]],
    labels: int,
) -> float:
    """The share of `judged` that a regression on `training` gets right; each is (x, y)."""
    weight, bias = regress(*training, labels)
    x, y = judged
    return float(np.mean((x @ weight + bias).argmax(1) == y))
