"""Which earlier characters a prediction hangs on: its gradient to what the model read.

The prediction is the logarithm of the probability of one character. `norms` are the lengths of its
gradient to the vectors of the characters before; `toward` the gradient times the vector itself: how
much each of them speaks for it (above 0) or against it (below), to first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elman.data import Vocabulary
from elman.errors import ConfigError
from elman.models import LanguageModel
from elman.models.evaluating import evaluating

RUN_UP = 512  # characters read before the span, for the state


@dataclass(frozen=True)
class Saliency:
    """Of the prediction of `target` after character `at`: one number for each character from
    `start` to `at`, (span,).
    """

    at: int
    start: int
    target: str
    probability: float
    norms: NDArray[np.float32]
    toward: NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in vars(self).items()}  # fmt: skip


def saliency(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    at: int,
    *,
    span: int = 200,
    target: str | None = None,
) -> Saliency:
    """The saliency of up to `span` characters for the one that follows character `at`.

    `target` is the character that is foretold: the one in the text, or the likeliest at its end.
    ConfigError for a place outside the text.
    """
    if not 0 <= at < len(text):
        raise ConfigError(f"there is no character {at} in a text of {len(text):,}: count from 0")
    tokens = torch.from_numpy(vocabulary.encode_held_out(text[: at + 2]).astype(np.int64))
    start = max(0, at + 1 - span)
    with evaluating(model):
        with torch.no_grad():
            state = None
            if start:
                run_up = tokens[max(0, start - RUN_UP) : start, None]
                _, state = model.read(run_up)
            vectors = model.vectors(tokens[start : at + 1, None])
        vectors.requires_grad_()
        hidden, _ = model.recurrent(vectors, state)
        logs = model.output(hidden[-1, 0]).log_softmax(-1)
        which = _token(vocabulary, target, text, at, logs)
        (slope,) = torch.autograd.grad(logs[which], vectors)
    letters = (*vocabulary.characters, "\N{REPLACEMENT CHARACTER}")
    slope, values = slope[:, 0], vectors.detach()[:, 0]
    share = float(logs[which].detach().exp())
    return Saliency(
        at, start, letters[which], share, slope.norm(dim=-1).float().numpy(),
        (slope * values).sum(-1).float().numpy(),
    )  # fmt: skip


def _token(
    vocabulary: Vocabulary, target: str | None, text: str, at: int, logs: torch.Tensor
) -> int:
    if target is None and at + 1 == len(text):
        return int(logs.argmax())
    return int(vocabulary.encode_held_out(target or text[at + 1])[0])
