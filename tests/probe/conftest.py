"""Small models that have learned nothing, and a text to read."""

from __future__ import annotations

import pytest
import torch

from elman.data import Vocabulary
from elman.models import LanguageModel

TEXT = (
    'def area(width, height=2):\n    """The area (of a field)."""\n'
    "    if width < 0:  # no such field\n        raise ValueError('negative')\n"
    "    return [width * height for _ in range(3)]\n\n\n"
) * 12


@pytest.fixture(scope="session")
def text() -> str:
    return TEXT


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary.of(TEXT)


@pytest.fixture(scope="session")
def build(vocabulary):
    """`build("lstm", layers=2)`: a model with random weights, the same every time."""

    def made(cell: str = "lstm", layers: int = 2, hidden: int = 12, **options) -> LanguageModel:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            return LanguageModel(cell, len(vocabulary), hidden, layers, embedding=9, **options)

    return made
