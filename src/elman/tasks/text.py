"""Learning to write, character by character: text data and a language model as a task.

In: a `TextData` and a `TextConfig`. Out: a `TextTask` for the trainer; the same functions score and
sample a model that has been trained. The state is carried from window to window.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman import data
from elman.data import Streams, TextData, Vocabulary, streams
from elman.equations import Cell
from elman.models.evaluating import evaluating
from elman.models.language_model import State, restart
from elman.tasks.hello import TOY
from elman.tasks.kind import Usual
from elman.tasks.sampling import Choice, write
from elman.tasks.score import mean_loss
from elman.tasks.text_config import DataConfig, TextConfig
from elman.tasks.text_recipe import text_recipe
from elman.tasks.text_skill import TextSkill, build_model
from elman.tasks.writing import Writing, kind_of

MINUTES = 3.0  # of a training that was not told when to end
RESTART = 40  # windows after which a stream's state is put back, each stream at its own time


class TextTask:
    """A character language model on one text."""

    name = "text"
    unit = "characters"

    def __init__(
        self,
        text: TextData,
        config: TextConfig,
        cell: Cell | str,
        vocabulary: Vocabulary | None = None,
        target: str = "auto",
        kind: str = "prose",
    ) -> None:
        text.check(config.window, config.batch)
        self.kind = kind
        self.data, self.config = text, config
        self.vocabulary = vocabulary or Vocabulary.of(text.training, text.validation)
        self.model = build_model(config, cell, self.vocabulary, target)
        training = self.vocabulary.encode(text.training)
        counts = np.bincount(training, minlength=len(self.vocabulary))
        self.model.expect(torch.from_numpy(counts))
        self.streams: Streams = streams(training, config.batch, config.window)
        self.held_out = self.vocabulary.encode_held_out(text.validation)
        self.start = self.model.zero_state(config.batch)
        self.state = self.start
        self._writing: Writing | None = None

    @property
    def tokens_per_step(self) -> int:
        """Characters predicted in a training step."""
        return self.config.batch * self.config.window

    @property
    def tokens_to_score(self) -> int:
        """Characters of the held-out text that are predicted."""
        return len(self.held_out) - 1

    @property
    def writing(self) -> Writing:
        """The judge of samples, made when it is first needed: it indexes the training text."""
        if self._writing is None:
            self._writing = Writing(self.data.training, self.kind)
        return self._writing

    def loss(self) -> Tensor:
        """The loss of the next window; its last state is carried to the one after it."""
        fresh = self._restarting()
        window = next(self.streams)
        before = restart(self.state, torch.from_numpy(window.reset | fresh), self.start)
        inputs, targets = torch.from_numpy(window.inputs), torch.from_numpy(window.targets)
        loss, self.state = self.model.loss(inputs, targets, before)
        return loss

    def forget(self) -> None:
        """Put every stream's state back to the start."""
        self.state = self.start

    def _restarting(self) -> NDArray[np.bool_]:
        """The streams whose state is put back before this window.

        A state that is carried for ever leaves the region around the start, and the model then
        cannot write from it: measured, 6.6 nats a character for the first 500 against 2.4.
        """
        if not self.data.held_out:
            return np.zeros(self.config.batch, dtype=np.bool_)
        turn = np.arange(self.config.batch) * RESTART // self.config.batch
        return (self.streams.position + turn) % RESTART == 0

    def score(self) -> float:
        """Nats per character over the whole held-out text."""
        return mean_loss(self.model, self.held_out)

    def sample(self, seed: int, length: int) -> str:
        """`length` characters that go on from a line end; of a toy text, the whole from its first
        letter on.
        """
        text, prime = self.data.training, ""
        if len(text) <= TOY:
            prime, length = text[0], len(text) - 1
        letters = write(
            self.model, self.vocabulary, length, prime=prime, choice=Choice(), seed=seed
        )
        with evaluating(self.model):  # once, not for each letter
            return prime + "".join(letters)

    def figures(self, sample: str) -> dict[str, float]:
        """How well it writes; see `Writing`."""
        return self.writing.figures(sample)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The carried state, an array for each state of the cell."""
        return {f"state.{k}": part.detach().numpy() for k, part in enumerate(_parts(self.state))}

    def facts(self) -> dict[str, Any]:
        """The position in the text."""
        return {"streams": self.streams.state()}

    def restore(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Go back to a saved state and position."""
        self.streams.restore(facts["streams"])
        parts = tuple(
            torch.from_numpy(arrays[f"state.{k}"].copy()) for k in range(len(_parts(self.start)))
        )
        self.state = parts[0] if isinstance(self.start, Tensor) else parts


def _parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else state


class TextKind(Usual):
    """Character language models; see `Kind`."""

    name = "text"
    names = tuple(data.names())
    noun = "text"
    source = DataConfig
    config = TextConfig

    def read(self, source: DataConfig) -> TextData:
        """The text, split into its two parts."""
        return data.read(source.data, source.include)

    def recipe(
        self, text: TextData, minutes: float, steps: int
    ) -> tuple[TextConfig, dict[str, Any]]:
        """By the time there is, the length of the text, and the size of its alphabet."""
        usual = 0.0 if steps or len(text.training) <= TOY else MINUTES
        alphabet = len(Vocabulary.of(text.training, text.validation))
        return text_recipe(minutes or usual, len(text.training), alphabet, steps=steps)

    def task(
        self,
        text: TextData,
        source: DataConfig,
        config: TextConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any] | None,
    ) -> TextTask:
        """A model with its text."""
        known = None if vocabulary is None else Vocabulary.from_json(dict(vocabulary))
        return TextTask(text, config, cell, known, kind=kind_of(text.source, source.include))

    def skill(
        self, _: DataConfig, config: TextConfig, cell: Cell, vocabulary: Mapping[str, Any]
    ) -> TextSkill:
        """A model that writes."""
        known = Vocabulary.from_json(dict(vocabulary))
        return TextSkill(build_model(config, cell, known), known)

    def tell(self, found: Mapping[str, Any]) -> str:
        """The loss in one line."""
        return (
            f"{found['data']}, {found['characters']:,} characters: {found['val_loss']:.4f} nats, "
            f"{math.log2(math.e) * found['val_loss']:.4f} bits, "
            f"perplexity {found['perplexity']:.3f} per character"
        )


KIND = TextKind()
