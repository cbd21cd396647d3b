"""The loss of a language model over a whole text, every target counted once, the state carried.

A long text is read in several rows side by side, which is many times faster. So that this changes
nothing but the last digits, each row first reads the stretch before its own part without being
counted, and thereby starts in the state it would have been in.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman.data import whole
from elman.models import LanguageModel
from elman.models.evaluating import evaluating
from elman.models.language_model import State

WINDOW = 256  # characters read at a time; changes nothing but memory
RUN_UP = 256  # characters read before a row's own part
ROW = 2048  # characters of a row's own part, at least
MOST_ROWS = 64


@torch.no_grad()
def mean_loss(model: LanguageModel, tokens: NDArray[Any], rows: int | None = None) -> float:
    """Mean nats per token of tokens [N], N - 1 targets; the model's mode is put back after.

    `rows` is chosen by the length of the text; 1 reads it in one go, from the first to the last.
    """
    rows = rows or min(MOST_ROWS, max(1, (len(tokens) - 1) // ROW))
    with evaluating(model):
        state = _run_up(model, tokens, rows)
        total, count = 0.0, 0
        for window in whole(tokens, rows, WINDOW):
            scores, state = model(torch.from_numpy(window.inputs), state)
            targets = torch.from_numpy(window.targets).unsqueeze(-1)
            nats = -scores.log_softmax(-1).gather(-1, targets).squeeze(-1)
            total += float(nats.double()[torch.from_numpy(window.counted)].sum())
            count += int(window.counted.sum())
    return total / count


def _run_up(model: LanguageModel, tokens: NDArray[Any], rows: int) -> State:
    """The states in which the rows of `whole` start."""
    targets = len(tokens) - 1
    rows = min(rows, targets)
    edges = np.arange(rows, dtype=np.int64) * targets // rows
    start = model.zero_state(rows)
    if rows == 1:
        return start
    length = min(RUN_UP, int(edges[1]))
    index = np.maximum(edges + np.arange(-length, 0)[:, None], 0)
    _, state = model.read(torch.from_numpy(tokens[index].astype(np.int64)), start)
    firsts = start if isinstance(start, tuple) else (start,)
    lasts = state if isinstance(state, tuple) else (state,)
    for part, fresh in zip(lasts, firsts, strict=True):
        part[:, 0] = fresh[:, 0]  # the first row has nothing before it
    return state
