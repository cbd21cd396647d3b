"""Learning to label: one label for each step of a sequence, or one for the whole of it.

In: labeled sequences (`data.labels`) and a `LabelConfig`. Out: a task for the trainer, and a skill
that labels what is in a file, or a sentence. The trivial answer is the commonest label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data.batches import Batches, by_length
from elman.data.examples import Example, Wish, read_examples
from elman.data.labels import LabelData, LabelVocabulary, of_text, read_labels
from elman.equations import Cell
from elman.errors import ConfigError, DataError
from elman.models.evaluating import evaluating
from elman.models.labeler import Labeler
from elman.models.network import mask
from elman.tasks.batched import MINUTES, Batched
from elman.tasks.kind import Prediction, Usual
from elman.tasks.ten import chosen, figures_and_examples

PER = ("step", "sequence")
SCORING = 64  # rows scored at a time
BEGINNINGS = 100  # of a sequence whose label is watched as it develops, at most
MOST_STEPS = 200_000  # of all its beginnings together
Say = Callable[[str], None]


@dataclass(frozen=True)
class LabelSource:
    """What is labeled; the table [data]."""

    data: str
    """The full path of a file or folder."""
    sha256: str
    """Of what was read."""
    per: str = "sequence"
    """What has a label: every step, or every sequence."""
    label: str = "label"
    """The column, or the name in JSON, that holds the label."""

    def __post_init__(self) -> None:
        if self.per not in PER:
            raise ConfigError(f"labels are per {' or per '.join(PER)}, not per {self.per!r}")


@dataclass(frozen=True)
class LabelConfig:
    """What makes a labeler; the table [model]."""

    cell: str
    """A cell's name on the shelf, or what the run's equations are called."""
    hidden: int
    """Units of each layer and direction."""
    layers: int
    """How many layers are stacked."""
    embedding: int
    """Size of a word's vector, and of what vectors are turned into."""
    dropout: float
    """Share of units left out in training."""
    bidirectional: bool
    """Whether sequences are read from both ends."""
    batch: int
    """Sequences of a training step."""


class LabelTask(Batched):
    """A labeler with its sequences."""

    name = "labels"
    unit = "labels"

    def __init__(
        self,
        data: LabelData,
        source: LabelSource,
        config: LabelConfig,
        cell: Cell,
        vocabulary: LabelVocabulary | None = None,
    ) -> None:
        self.data, self.per = data, source.per
        self.vocabulary = vocabulary or LabelVocabulary.of(data.training)
        self.model = build(source, config, cell, self.vocabulary)
        self.skill = LabelSkill(source, self.model, self.vocabulary)
        self.training = prepared(self.vocabulary, data.training)
        self.held_out = prepared(self.vocabulary, data.validation)
        self.batches = Batches([len(x) for x, _ in self.training], config.batch)

    @property
    def tokens_per_step(self) -> int:
        """Labels of a training step."""
        return max(1, round(self.batches.mean)) if self.per == "step" else self.batches.batch

    @property
    def tokens_to_score(self) -> int:
        """Labels of the held-out part."""
        return sum(len(y) for _, y in self.held_out)

    def loss(self) -> Tensor:
        """The loss of the next batch."""
        return self.model.loss(*collate([self.training[k] for k in next(self.batches)], self.per))

    def score(self) -> float:
        """Nats per label on the held-out part."""
        return measure(self.model, self.held_out, self.per)[0]

    def sample(self, seed: int, length: int) -> str:
        """What it says of some held-out sequences."""
        picked = chosen(self.data.validation, seed)
        return "\n".join(said.text for said in self.skill.label(picked))


@dataclass(frozen=True)
class LabelSkill:
    """A labeler in use."""

    source: LabelSource
    model: Labeler
    vocabulary: LabelVocabulary

    def evaluate(self, data: LabelData, *, own: bool, seed: int, warn: Say) -> dict[str, Any]:
        """Accuracy on the held-out part of its own data, or on the whole of other data."""
        examples = data.validation if own else data.training + data.validation
        rows = prepared(self.vocabulary, examples)
        loss, right, guesses = measure(self.model, rows, self.source.per)
        truth = np.concatenate([y for _, y in rows])
        return {
            "data": data.name,
            "val_loss": loss,
            "labels": len(truth),
            "figures": {"accuracy": right, "mean F1": mean_f1(truth, guesses)},
            "baselines": always(self.vocabulary, data.training, truth),
            "examples": [
                {"input": said.input, "said": said.text, "right": " ".join(example.labels)}
                for example in chosen(examples, seed)
                for said in self.label([example])
            ],
        }

    def predict(self, inputs: Sequence[str], **options: Any) -> Iterator[Prediction]:
        """Labels for every sequence in the files named, or for the sentences given."""
        wish = Wish(self.source.per, self.source.label, needed=False)
        for given in inputs:
            path = Path(given)
            if path.exists():
                yield from self.label(read_examples(path, wish)[0])
            elif self.vocabulary.features or path.suffix in (".csv", ".jsonl", ".ts", ".npy"):
                raise DataError(f"there is no file {given}: check the path")
            else:
                letters = all(len(word) == 1 for word in self.vocabulary.words)
                yield from self.label([of_text(given, words=not letters)])

    @torch.no_grad()
    def course(self, example: Example) -> tuple[list[int], Tensor]:
        """After how many steps, and the probabilities (places, labels) there: of each step's label,
        or of the sequence's label had it ended there. Of a long sequence some places are taken.
        """
        x = torch.from_numpy(self.vocabulary.steps(example))
        if self.source.per == "step":
            return list(range(1, len(x) + 1)), self.model.shares(x)
        # what reads from both ends has to read every beginning anew
        count = max(2, min(len(x), BEGINNINGS, MOST_STEPS // len(x)))
        ends = torch.linspace(1, len(x), count).round().long().unique()
        rows = x[:, None].expand(len(x), len(ends), *x.shape[1:]).contiguous()
        with evaluating(self.model):
            scores = self.model.last(self.model(rows, ends), ends)
        return ends.tolist(), scores.softmax(-1)

    def label(self, examples: Sequence[Example]) -> Iterator[Prediction]:
        """A prediction for each example, with how sure it is."""
        per_step = self.source.per == "step"
        for example in examples:
            scores = self.model.shares(torch.from_numpy(self.vocabulary.steps(example)))
            labels, sure = likeliest(self.vocabulary, scores if per_step else scores[-1:])
            text = " ".join(labels) if per_step else f"{labels[0]} {sure[0]:.0%}"
            yield Prediction(shown(example), text, {"labels": labels, "probabilities": sure})


Row = tuple[NDArray[Any], NDArray[np.int64]]


def shown(example: Example) -> str:
    """An example in a few words."""
    if not isinstance(example.steps, tuple):
        return example.name
    gap = "" if all(len(word) == 1 for word in example.steps) else " "
    text = gap.join(example.steps)
    return text if len(text) <= 60 else text[:57] + "..."


def build(
    source: LabelSource, config: LabelConfig, cell: Cell, vocabulary: LabelVocabulary
) -> Labeler:
    """The model of a configuration with fresh weights."""
    features = vocabulary.features
    return Labeler(
        cell, len(vocabulary.labels), config.hidden, config.layers,
        words=0 if features else len(vocabulary.words) + 1, features=features,
        embedding=config.embedding, dropout=config.dropout, bidirectional=config.bidirectional,
        pooled=source.per == "sequence",
    )  # fmt: skip


def likeliest(vocabulary: LabelVocabulary, scores: Tensor) -> tuple[list[str], list[float]]:
    """The likeliest label of each row of probabilities (rows, labels), and how likely it is."""
    best = scores.max(-1)
    labels = [vocabulary.labels[k] for k in best.indices.tolist()]
    return labels, [round(share, 4) for share in best.values.tolist()]


def always(
    vocabulary: LabelVocabulary, known: Sequence[Example], truth: NDArray[np.int64]
) -> dict[str, dict[str, float]]:
    """The trivial answer: the commonest label of what is known, and how often it is right."""
    common = vocabulary.commonest(known)
    share = float(np.mean(truth == vocabulary.labels.index(common)))
    return {f"always {common!r}": {"accuracy": share}}


def prepared(vocabulary: LabelVocabulary, examples: Sequence[Example]) -> list[Row]:
    """Steps and classes as numbers."""
    return [(vocabulary.steps(example), vocabulary.classes(example)) for example in examples]


def collate(rows: Sequence[Row], per: str) -> tuple[Tensor, Tensor, Tensor]:
    """x (T, B) or (T, B, D), lengths (B,), and targets (T, B) or (B,)."""
    lengths = [len(x) for x, _ in rows]
    first = rows[0][0]
    x = np.zeros((max(lengths), len(rows), *first.shape[1:]), first.dtype)
    y = np.zeros(x.shape[:2] if per == "step" else len(rows), np.int64)
    for k, (steps, classes) in enumerate(rows):
        x[: len(steps), k] = steps
        if per == "step":
            y[: len(steps), k] = classes
        else:
            y[k] = classes[0]
    return torch.from_numpy(x), torch.tensor(lengths), torch.from_numpy(y)


@torch.no_grad()
def measure(
    model: Labeler, rows: Sequence[Row], per: str
) -> tuple[float, float, NDArray[np.int64]]:
    """Nats per label, the share of right ones, and every guess in the order of `rows`."""
    with evaluating(model):
        nats, right, count = 0.0, 0, 0
        guesses: list[NDArray[np.int64]] = [np.zeros(0, np.int64)] * len(rows)
        for batch in by_length([len(x) for x, _ in rows], SCORING):
            x, lengths, y = collate([rows[k] for k in batch], per)
            scores = model(x, lengths)
            best = scores.argmax(-1)
            flat = scores[mask(lengths, len(x))] if per == "step" else model.last(scores, lengths)
            y = y[mask(lengths, len(x))] if per == "step" else y
            nats += float(torch.nn.functional.cross_entropy(flat, y, reduction="sum"))
            right += int((flat.argmax(-1) == y).sum())
            count += len(y)
            for k, number in enumerate(batch):
                end = int(lengths[k])
                guesses[number] = (
                    best[:end, k] if per == "step" else best[end - 1 : end, k]
                ).numpy()
    return nats / count, right / count, np.concatenate(guesses)


def mean_f1(truth: NDArray[np.int64], guesses: NDArray[np.int64]) -> float:
    """The mean over the labels that occur of 2 hits / (occurrences + guesses)."""
    found = [
        2 * float(np.sum((truth == k) & (guesses == k)))
        / float(np.sum(truth == k) + np.sum(guesses == k))
        for k in np.unique(truth)
    ]  # fmt: skip
    return float(np.mean(found))


class LabelKind(Usual):
    """Labelers; see `Kind`."""

    name = "labels"
    noun = "data"
    source = LabelSource
    config = LabelConfig

    def read(self, source: LabelSource) -> LabelData:
        """The sequences, split."""
        return read_labels(source.data, Wish(source.per, source.label))

    def recipe(
        self, data: LabelData, minutes: float, steps: int
    ) -> tuple[LabelConfig, dict[str, Any]]:
        """A layer in both directions, as wide as the number of sequences allows."""
        count = len(data.training)
        longest = max(len(example.steps) for example in data.training)
        batch = max(1, min(32, count // 8))
        hidden = 32 if count < 200 else 64 if count < 2000 else 128
        model = LabelConfig("lstm", hidden, 1, min(64, hidden), 0.2, True, batch)
        minutes = minutes or (0.0 if steps else min(MINUTES, 0.2 + count * longest / 200_000))
        settings: dict[str, Any] = {"lr": 0.01, "optimizer": "muon", "weight_decay": 0.05}
        return model, settings | {"minutes": minutes, "steps": steps, "warmup": 0.05}

    def task(
        self,
        data: LabelData,
        source: LabelSource,
        config: LabelConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any] | None,
    ) -> LabelTask:
        """A labeler with its sequences."""
        known = None if vocabulary is None else LabelVocabulary.from_json(dict(vocabulary))
        return LabelTask(data, source, config, cell, known)

    def skill(
        self, source: LabelSource, config: LabelConfig, cell: Cell, vocabulary: Mapping[str, Any]
    ) -> LabelSkill:
        """A labeler to be used."""
        known = LabelVocabulary.from_json(dict(vocabulary))
        return LabelSkill(source, build(source, config, cell, known), known)

    def tell(self, found: Mapping[str, Any]) -> str:
        """Figures, the trivial answer's beside them, and ten examples."""
        head = f"{found['data']}, {found['labels']:,} labels: {found['val_loss']:.4f} nats"
        return figures_and_examples(head, found)


KIND = LabelKind()
