"""Learning to translate: pairs of sentences and an encoder-decoder as a task.

In: a `PairData` and a `TranslationConfig`. Out: a task for the trainer, and a skill that translates
sentences, files or standard input. The trivial answers are the source itself, and the translation
of the nearest training sentence.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data.batches import Batches, by_length
from elman.data.pairs import Languages, PairData, contents, lines, read_pairs
from elman.data.pieces import BEGIN, END, PAD, UNKNOWN, Pieces
from elman.equations import Cell
from elman.errors import ConfigError, DataError
from elman.models.beam import Beam
from elman.models.evaluating import evaluating
from elman.models.translator import Translator
from elman.tasks.alignment import draw
from elman.tasks.batched import Batched
from elman.tasks.kind import Prediction, Usual
from elman.tasks.nearest import Nearest
from elman.tasks.scores import bleu, chrf
from elman.tasks.ten import chosen, figures_and_examples

MINUTES = 10.0  # of a training that was not told when to end
LONGEST = 80  # pieces of a sentence that is trained on; longer ones are left out
ROWS = 64  # sentences translated at a time
STREAM = 16  # the same, where answers are waited for
Say = Callable[[str], None]


@dataclass(frozen=True)
class TranslationSource:
    """What is translated; the table [data]."""

    data: str
    """The full path of a folder, a file, or the beginning of two files' names."""
    sha256: str
    """Of what was read."""
    source: str = ""
    """The language translated from: the ending of its files."""
    target: str = ""
    """The language translated into: the ending of its files, or the other file."""
    lowercase: bool = False
    """Whether all letters are made small."""

    @property
    def languages(self) -> Languages:
        """What `data.pairs` wants to know."""
        return Languages(self.source, self.target, self.lowercase)


@dataclass(frozen=True)
class TranslationConfig:
    """What makes a translator; the table [model]."""

    cell: str
    """A cell's name on the shelf, or what the run's equations are called."""
    hidden: int
    """Units of a layer of the decoder; each direction of the encoder has half of them."""
    layers: int
    """Layers of the decoder; the encoder has one less, but one at least."""
    embedding: int
    """Size of a piece's vector."""
    dropout: float
    """Share of units left out in training."""
    attention: bool
    """Whether the decoder looks at the source; otherwise it sees its summary."""
    pieces: int
    """How many byte-pair units both languages share, at most."""
    smoothing: float
    """Share of the target that is spread over all pieces."""
    batch: int
    """Pairs of a training step."""


class TranslationTask(Batched):
    """A translator with its pairs."""

    name = "translation"
    unit = "pieces"

    def __init__(
        self, data: PairData, config: TranslationConfig, cell: Cell, pieces: Pieces | None = None
    ) -> None:
        self.data, self.config = data, config
        sentences = [sentence for pair in data.training for sentence in pair]
        self.vocabulary = pieces or Pieces.of(sentences, config.pieces)
        self.model = build(config, cell, self.vocabulary)
        self.skill = TranslationSkill(False, self.model, self.vocabulary)
        training = encoded(self.vocabulary, data.training)
        self.training = [row for row in training if max(map(len, row)) <= LONGEST]
        if not self.training:
            raise DataError(f"{data.name} has no pair of up to {LONGEST} pieces: cut its lines")
        self.held_out = encoded(self.vocabulary, data.validation)
        # sorted by the source first, so that both sides of a batch are about equally long
        keys = [len(source) * (LONGEST + 2) + len(target) for source, target in self.training]
        self.batches = Batches(keys, config.batch)
        self._pieces = sum(len(target) + 1 for _, target in self.training)

    @property
    def tokens_per_step(self) -> int:
        """Pieces foretold in a training step, in the mean."""
        return max(1, round(self._pieces / self.batches.per_pass))

    @property
    def tokens_to_score(self) -> int:
        """Pieces of the held-out translations."""
        return sum(len(target) + 1 for _, target in self.held_out)

    def loss(self) -> Tensor:
        """The smoothed loss of the next batch."""
        rows = [self.training[k] for k in next(self.batches)]
        return self.model.loss(*collate(rows), self.config.smoothing)

    def score(self) -> float:
        """Nats per piece of the held-out translations."""
        return mean_loss(self.model, self.held_out)

    def sample(self, seed: int, length: int) -> str:
        """What it makes of three held-out sentences."""
        pairs = chosen(self.data.validation, seed, 3)
        said = self.skill.translate([source for source, _ in pairs], 1)
        rows = [f"{pair[0]}\n  {one}" for pair, one in zip(pairs, said, strict=True)]
        return "\n".join(rows)


@dataclass(frozen=True)
class Look:
    """Pieces that were read and said, the end included, and the weights [said, read] with which the
    decoder looked; None without attention.
    """

    read: list[str]
    said: list[str]
    weights: NDArray[Any] | None


@dataclass(frozen=True)
class TranslationSkill:
    """A translator in use."""

    lowercase: bool
    model: Translator
    vocabulary: Pieces

    def evaluate(self, data: PairData, *, own: bool, seed: int, warn: Say) -> dict[str, Any]:
        """BLEU and chrF on the held-out part of its own data, or on the whole of other data."""
        pairs = data.validation if own else data.training + data.validation
        said = self.translate([source for source, _ in pairs])
        right = [[target] for _, target in pairs]
        score, signature = bleu(said, right)
        copied = [source for source, _ in pairs]
        baselines = {"the source": _figures(copied, right)}
        if own:
            nearest = Nearest([source for source, _ in data.training])
            answers = [data.training[nearest.to(source)][1] for source, _ in pairs]
            baselines["nearest pair"] = _figures(answers, right)
        rows = list(zip(pairs, said, strict=True))
        return {
            "data": data.name,
            "sentences": len(pairs),
            "val_loss": mean_loss(self.model, encoded(self.vocabulary, pairs)),
            "figures": {"BLEU": score, "chrF": chrf(said, right)},
            "signature": signature,
            "baselines": baselines,
            "examples": [
                {"input": source, "said": one, "right": target}
                for (source, target), one in chosen(rows, seed)
            ],
        }

    def predict(
        self, inputs: Sequence[str], *, beam: int = 5, picture: Path | None = None, **_: Any
    ) -> Iterator[Prediction]:
        """Translations of sentences, of the lines of files, or (`-`) of standard input."""
        if beam < 1:
            raise ConfigError(f"--beam must be 1 or more, not {beam}: 5 is usual")
        waiting = list[str]()
        for sentence in _sentences(inputs):
            if picture is not None:
                self.draw(sentence, picture, beam)
                picture = None
            waiting.append(sentence)
            if len(waiting) == STREAM:
                yield from self._answers(waiting, beam)
                waiting = []
        yield from self._answers(waiting, beam)

    def _answers(self, sentences: Sequence[str], beam: int) -> Iterator[Prediction]:
        for sentence, said in zip(sentences, self.translate(sentences, beam), strict=True):
            yield Prediction(sentence, said, bare=True)

    def translate(self, sentences: Sequence[str], beam: int = 5) -> list[str]:
        """A translation for each sentence; that of an empty one is empty."""
        with evaluating(self.model):
            said = [""] * len(sentences)
            rows = self.vocabulary.encode([self._made_small(sentence) for sentence in sentences])
            for batch in by_length([len(row) for row in rows], ROWS):
                numbers = [int(k) for k in batch if rows[k]]
                if not numbers:
                    continue
                source, lengths = padded([rows[k] for k in numbers])
                width = Beam(beam, 2 * len(source) + 10)
                found = self.model.translate(source, lengths, width, (PAD, UNKNOWN))
                for k, pieces in zip(numbers, found, strict=True):
                    said[k] = self.vocabulary.decode(pieces)
        return said

    def draw(self, sentence: str, path: Path, beam: int) -> None:
        """Where the decoder looked, piece by piece, as a picture; ConfigError without attention."""
        look = self.looked(sentence, self.translate([sentence], beam)[0])
        if not look.read:
            raise DataError("an empty sentence has no picture: give one with words")
        if look.weights is None:
            raise ConfigError("this model was trained without attention: it looked nowhere")
        draw(path, look.weights, look.said, look.read)

    def looked(self, sentence: str, said: str) -> Look:
        """Where the decoder looked in a sentence for each piece of what it said."""
        source, target = self.vocabulary.encode([self._made_small(sentence), said])
        weights = None
        if source:
            with evaluating(self.model):
                found = self.model.alignment(torch.tensor(source), torch.tensor(target).long())
            weights = None if found is None else found.numpy()
        spelled = self.vocabulary.spelled
        return Look(spelled(source), [*spelled(target), "(end)"], weights)

    def _made_small(self, sentence: str) -> str:
        return sentence.lower() if self.lowercase else sentence


def _figures(said: Sequence[str], right: Sequence[Sequence[str]]) -> dict[str, float]:
    return {"BLEU": bleu(said, right)[0], "chrF": chrf(said, right)}


def _sentences(inputs: Sequence[str]) -> Iterator[str]:
    for given in inputs:
        if given == "-":
            yield from (line.rstrip("\n") for line in sys.stdin)
        elif len(given) < 250 and Path(given).is_file():
            yield from lines(contents(Path(given)), given)
        elif os.sep in given and " " not in given:
            raise DataError(f"there is no file {given}: check the path, or give a sentence")
        else:
            yield given


Row = tuple[list[int], list[int]]


def build(config: TranslationConfig, cell: Cell, pieces: Pieces) -> Translator:
    """The model of a configuration with fresh weights."""
    return Translator(
        cell, len(pieces), config.hidden, config.layers, embedding=config.embedding,
        dropout=config.dropout, attention=config.attention, begin=BEGIN, end=END,
    )  # fmt: skip


def encoded(pieces: Pieces, pairs: Sequence[tuple[str, str]]) -> list[Row]:
    """Pairs as numbers."""
    sources = pieces.encode([source for source, _ in pairs])
    targets = pieces.encode([target for _, target in pairs])
    return list(zip(sources, targets, strict=True))


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Numbers (T, B) with padding behind, and lengths (B,)."""
    lengths = torch.tensor([len(row) for row in rows])
    tokens = torch.full((int(lengths.max()), len(rows)), PAD)
    for k, row in enumerate(rows):
        tokens[: len(row), k] = torch.tensor(row, dtype=torch.int64)
    return tokens, lengths


def collate(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sources and targets, these between their marks, with lengths."""
    sources = [source or [UNKNOWN] for source, _ in rows]
    return (*padded(sources), *padded([[BEGIN, *target, END] for _, target in rows]))


@torch.no_grad()
def mean_loss(model: Translator, rows: Sequence[Row]) -> float:
    """Nats per piece, ends included, without smoothing."""
    with evaluating(model):
        total, count = 0.0, 0
        for batch in by_length([len(target) for _, target in rows], ROWS):
            chosen_rows = [rows[k] for k in batch]
            pieces = sum(len(target) + 1 for _, target in chosen_rows)
            total += float(model.loss(*collate(chosen_rows))) * pieces
            count += pieces
    return total / count


class TranslationKind(Usual):
    """Translators; see `Kind`."""

    name = "translation"
    noun = "data"
    source = TranslationSource
    config = TranslationConfig

    def read(self, source: TranslationSource) -> PairData:
        """The pairs, split."""
        return read_pairs(source.data, source.languages)

    def recipe(
        self, data: PairData, minutes: float, steps: int
    ) -> tuple[TranslationConfig, dict[str, Any]]:
        """As wide as the number of pairs allows."""
        count = len(data.training)
        hidden = 64 if count < 1000 else 256 if count < 10_000 else 384
        batch = max(1, min(64, count // 8))
        model = TranslationConfig(
            "lstm", hidden, 2, min(256, hidden), 0.3, True, min(6000, 200 + count), 0.1, batch
        )
        minutes = minutes or (0.0 if steps else MINUTES)
        # with so few pieces in a step, muon's products would take longer than the step itself
        settings: dict[str, Any] = {"lr": 0.002, "optimizer": "adam", "weight_decay": 0.01}
        return model, settings | {"minutes": minutes, "steps": steps, "warmup": 0.03}

    def task(
        self,
        data: PairData,
        source: TranslationSource,
        config: TranslationConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any] | None,
    ) -> TranslationTask:
        """A translator with its pairs."""
        pieces = None if vocabulary is None else Pieces.from_json(dict(vocabulary))
        return TranslationTask(data, config, cell, pieces)

    def skill(
        self,
        source: TranslationSource,
        config: TranslationConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any],
    ) -> TranslationSkill:
        """A translator to be used."""
        pieces = Pieces.from_json(dict(vocabulary))
        return TranslationSkill(source.lowercase, build(config, cell, pieces), pieces)

    def tell(self, found: Mapping[str, Any]) -> str:
        """Figures, the trivial answers' beside them, and ten examples."""
        head = (
            f"{found['data']}, {found['sentences']:,} sentences: {found['val_loss']:.4f} nats per "
            f"piece\n{found['signature']}"
        )
        return figures_and_examples(head, found)


KIND = TranslationKind()
