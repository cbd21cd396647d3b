"""A model that is looked at while it does not learn."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Generator[None]:
    """Nothing is left out in the block; the model's mode comes back after, whatever happened."""
    mode = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(mode)
