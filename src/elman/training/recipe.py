"""The recipe of a text as a ready configuration, for those that train without the command."""

from __future__ import annotations

from elman.tasks import TextConfig
from elman.tasks.text_recipe import text_recipe
from elman.training.config import TrainingConfig


def recipe(
    minutes: float, characters: int, alphabet: int, *, steps: int = 0
) -> tuple[TextConfig, TrainingConfig]:
    """Model and training for a text of so many characters to train on; see `text_recipe`."""
    model, settings = text_recipe(minutes, characters, alphabet, steps=steps)
    return model, TrainingConfig(**settings)
