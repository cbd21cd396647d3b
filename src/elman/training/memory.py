"""Everything a training must remember to go on exactly, as the arrays and facts of a checkpoint.

What is kept: weights, moments, the task's carried state and position, the generator of random
numbers, steps and seconds, the sums behind the next line of metrics, the best score so far.
"""

from __future__ import annotations

from typing import Any

import torch

from elman.errors import RunError
from elman.runs import Arrays, Checkpoint
from elman.tasks import Task
from elman.training.clock import Clock
from elman.training.tally import Tally
from elman.training.updates import Updates

_GENERATOR = "generator"
_TASK = "task."


def weights(task: Task) -> Arrays:
    """The model's weights by name."""
    return {name: tensor.detach().numpy() for name, tensor in task.model.state_dict().items()}


def memory(
    task: Task, updates: Updates, clock: Clock, tally: Tally
) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and the facts beside the weights."""
    arrays = updates.arrays() | {_GENERATOR: torch.get_rng_state().numpy()}
    arrays |= {_TASK + name: array for name, array in task.arrays().items()}
    facts = {"task": task.facts(), "clock": clock.facts(), "tally": tally.facts()}
    return arrays, facts


def recall(
    checkpoint: Checkpoint, task: Task, updates: Updates, clock: Clock, tally: Tally
) -> None:
    """Put everything back as it was; RunError if the checkpoint is of another model."""
    load_weights(task.model, checkpoint.model(), str(checkpoint.folder))
    arrays, facts = checkpoint.training(), checkpoint.facts()
    own = {name.removeprefix(_TASK): a for name, a in arrays.items() if name.startswith(_TASK)}
    try:
        updates.restore(arrays)
        torch.set_rng_state(torch.from_numpy(arrays[_GENERATOR].copy()))
        task.restore(own, facts["task"])
        clock.restore(facts["clock"])
        tally.restore(facts["tally"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"the checkpoint {checkpoint.folder} is not one of this training ({error!r}): put its "
            "files back, or delete the folder to go on from an earlier one"
        ) from error


def load_weights(model: torch.nn.Module, arrays: Arrays, source: str) -> None:
    """Fill a model; RunError names the first weight that is missing or of another shape."""
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | arrays.keys()):
        here = tuple(wanted[name].shape) if name in wanted else None
        there = tuple(arrays[name].shape) if name in arrays else None
        if here != there:
            raise RunError(
                f"{source} does not fit its run: {name} has shape {there} in the checkpoint and "
                f"{here} in the model: put config.toml and cell.eq back as they were"
            )
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
