"""A character language model in use: it writes, and it is measured on texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from elman.data import TextData, Vocabulary
from elman.equations import Cell
from elman.errors import DataError, RunError
from elman.models import LanguageModel
from elman.tasks.hello import TOY, read_letters, score_table, state_table
from elman.tasks.kind import Prediction
from elman.tasks.sampling import Choice, write
from elman.tasks.score import mean_loss
from elman.tasks.text_config import TextConfig

UNKNOWN = 0.01  # share of characters outside the alphabet from which on a loss says little
Say = Callable[[str], None]


def build_model(
    config: TextConfig, cell: Cell | str, vocabulary: Vocabulary, target: str = "auto"
) -> LanguageModel:
    """The model of a configuration with fresh weights from torch's generator."""
    return LanguageModel(
        cell,
        len(vocabulary),
        config.hidden,
        config.layers,
        embedding=config.embedding,
        dropout=config.dropout,
        target=target,
        precision=config.precision,
    )


@dataclass(frozen=True)
class TextSkill:
    """A model and its alphabet."""

    model: LanguageModel
    vocabulary: Vocabulary

    def sample(
        self, length: int, *, prime: str = "", choice: Choice | None = None, seed: int = 0
    ) -> Iterator[str]:
        """`length` characters that go on from `prime`, one by one."""
        return write(self.model, self.vocabulary, length, prime=prime, choice=choice, seed=seed)

    def tables(self, text: TextData) -> str | None:
        """For a text of a few letters: the scores at each step, and the states behind them."""
        if len(text.training) > TOY:
            return None
        reading = read_letters(self.model, self.vocabulary, text.training)
        return "\n\n".join(filter(None, (score_table(reading), state_table(reading))))

    def evaluate(self, data: TextData, *, own: bool, seed: int, warn: Say) -> dict[str, Any]:
        """The loss on the held-out part of its own text, or on the whole of another."""
        held_out = data.validation if own or not data.held_out else data.training + data.validation
        if len(held_out) < 2:
            raise DataError(f"{data.name} has fewer than 2 characters: give a longer text")
        tokens = self.vocabulary.encode_held_out(held_out)
        unknown = _unknown(self.vocabulary, held_out, data.name, warn)
        loss = mean_loss(self.model, tokens)
        return {
            "data": data.name,
            "characters": len(tokens) - 1,
            "unknown": unknown,
            "val_loss": loss,
            "bits": loss / math.log(2),
            "perplexity": math.exp(loss),
        }

    def predict(self, inputs: Sequence[str], **options: Any) -> Iterator[Prediction]:
        """A model that writes predicts no inputs: RunError."""
        raise RunError("this run writes text: let it, with elman sample")


def _unknown(vocabulary: Vocabulary, text: str, name: str, warn: Say) -> float:
    """The share of a text outside the alphabet; DataError if that is all of it."""
    strangers = vocabulary.strangers(text)
    share = strangers.total() / len(text)
    if share < UNKNOWN:
        return share
    shown = ", ".join(repr(character) for character, _ in strangers.most_common(8))
    more = f" and {len(strangers) - 8} more" if len(strangers) > 8 else ""
    if share == 1:
        raise DataError(
            f"the model knows none of the characters of {name} ({shown}{more}): "
            "give a text in the alphabet it was trained on, or train on this one"
        )
    warn(
        f"{share:.0%} of {name} is outside the model's alphabet ({shown}{more}), so the loss says "
        "little: compare it on texts that share the alphabet"
    )
    return share
