"""Letting a language model write: one character at a time, the state carried.

In: a model, its alphabet, and how to choose. Out: an iterator of characters, each of which costs
the same however long the text has become.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from elman.data import Vocabulary
from elman.errors import ConfigError, RunError
from elman.models import LanguageModel
from elman.tasks.threads import one_thread

COLDEST = 1e-6  # a temperature below it would divide scores beyond what numbers hold


@dataclass(frozen=True)
class Choice:
    """How the next character is drawn from the scores of all.

    Scores are divided by `temperature` (0: always the best one). Then only the `top_k` best are
    left (0: all), and of these the fewest best that together have at least the share `top_p`.
    """

    temperature: float = 0.7
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise ConfigError(f"temperature must be 0 or more, not {self.temperature}: try 0.7")
        if self.top_k < 0:
            raise ConfigError(f"top-k must be 0 (all) or more, not {self.top_k}: try 20")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top-p must be above 0 and at most 1, not {self.top_p}: try 0.9")


def probabilities(scores: Float[Tensor, "V"], choice: Choice) -> Float[Tensor, "V"]:
    """What each token is drawn with; of two with the same score, the first is the better one."""
    if choice.temperature == 0:
        return torch.zeros_like(scores).index_fill_(0, scores.argmax(), 1.0)
    shares = (scores.double() / max(choice.temperature, COLDEST)).softmax(-1)
    if choice.top_k or choice.top_p < 1:
        best, order = shares.sort(descending=True, stable=True)
        # A token stays if those before it do not make up the share yet: one always stays.
        within = best[: choice.top_k or None].sum() * choice.top_p
        stays = best.cumsum(0) - best < within
        if choice.top_k:
            stays[choice.top_k :] = False
        shares = torch.zeros_like(shares).index_copy_(0, order, best * stays)
    return (shares / shares.sum()).to(scores.dtype)


def write(
    model: LanguageModel,
    vocabulary: Vocabulary,
    length: int,
    *,
    prime: str = "",
    choice: Choice | None = None,
    seed: int = 0,
) -> Iterator[str]:
    """`length` characters that go on from `prime`, which is read first and not repeated.

    Without a prime text it goes on from a line end (or the first character of the alphabet).
    DataError names characters of `prime` that the model does not know. The generator is its own:
    a training that stops to write a sample goes on as if it had not.
    """
    if length < 0:
        raise ConfigError(f"length must be 0 or more, not {length}")
    choice = choice or Choice()
    before = prime or ("\n" if "\n" in vocabulary.characters else vocabulary.characters[0])
    tokens = torch.from_numpy(vocabulary.encode(before).astype("int64"))
    generator = torch.Generator().manual_seed(seed)
    return _write(model, vocabulary, length, tokens, choice, generator)


def _write(
    model: LanguageModel,
    vocabulary: Vocabulary,
    length: int,
    tokens: Tensor,
    choice: Choice,
    generator: torch.Generator,
) -> Iterator[str]:
    still, state = model.recurrent.frozen(), None
    for _ in range(length):
        with still, one_thread():
            scores, state = _next_scores(model, tokens, state)
            if not scores.isfinite().all():
                raise RunError(
                    "the scores of the model are not finite, so it cannot write: train again with "
                    "a lower --lr, or with another cell"
                )
            if vocabulary.unknown is not None:
                scores[vocabulary.unknown] = -torch.inf
            tokens = torch.multinomial(probabilities(scores, choice), 1, generator=generator)
        yield vocabulary.characters[int(tokens)]


def _next_scores(
    model: LanguageModel, tokens: Tensor, state: Tensor | tuple[Tensor, ...] | None
) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
    """Scores (V,) after the tokens (T,), without dropout."""
    trains = model.training
    if trains:  # a training that stops to write
        model.eval()
    if state is None:
        hidden, after = model.read(tokens[:, None])
        scores = model.output(hidden[-1])
    else:
        scores, after = model.step(tokens, state)
    if trains:
        model.train()
    return scores[0], after
