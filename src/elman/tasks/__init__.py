"""Tasks: a model with its data, loss, score and way of making samples, behind one protocol."""

from elman.tasks.kind import Kind, Prediction, Skill, kind
from elman.tasks.sampling import Choice, probabilities, write
from elman.tasks.score import mean_loss
from elman.tasks.task import Task
from elman.tasks.text import TextConfig, TextTask, build_model
from elman.tasks.writing import Writing, kind_of

__all__ = [
    "Choice",
    "Kind",
    "Prediction",
    "Skill",
    "Task",
    "TextConfig",
    "TextTask",
    "Writing",
    "build_model",
    "kind",
    "kind_of",
    "mean_loss",
    "probabilities",
    "write",
]
