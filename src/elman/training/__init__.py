"""Training: configuration, the recipe, the loop, and what it must remember to go on exactly."""

from elman.tasks.text import DataConfig
from elman.training.config import RunConfig, TrainingConfig
from elman.training.memory import load_weights
from elman.training.progress import Display, Silent
from elman.training.recipe import recipe
from elman.training.signals import listening
from elman.training.train import Outcome, Watcher, train

__all__ = [
    "DataConfig",
    "Display",
    "Outcome",
    "RunConfig",
    "Silent",
    "TrainingConfig",
    "Watcher",
    "listening",
    "load_weights",
    "recipe",
    "train",
]
