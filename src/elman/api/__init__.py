"""What the command line and `import elman` call: one function for each thing a person does."""

from __future__ import annotations

from elman.api.answers import write_answers
from elman.api.demo import demo_text
from elman.api.inspect import inspect
from elman.api.look import view
from elman.api.opened import OpenRun, open_run
from elman.api.training import Trained, plan, resume, train
from elman.api.use import evaluate, predict, sample, tell

__all__ = [
    "OpenRun",
    "Trained",
    "demo_text",
    "evaluate",
    "inspect",
    "open_run",
    "plan",
    "predict",
    "resume",
    "sample",
    "tell",
    "train",
    "view",
    "write_answers",
]
