"""Learning to label clips: what a frozen way of looking sees in frames, read by a recurrent model.

In: labeled clips (`data.clips`) and a `ClipConfig`. Out: a task for the trainer, and a skill that
labels files and folders, frame by frame. Trivial answers are the commonest label and logistic
regression on one frame, and on the mean of all: what is better than these, recurrence has added.
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

from elman.data import games
from elman.data.batches import Batches
from elman.data.clips import Clip, ClipData, files_in, of_file, read_clips
from elman.data.examples import Example
from elman.data.labels import LabelVocabulary
from elman.data.video import FRAMES
from elman.equations import Cell
from elman.errors import ConfigError
from elman.models.labeler import Labeler
from elman.tasks.batched import MINUTES, Batched
from elman.tasks.kind import Prediction, Usual
from elman.tasks.labels import Row, always, collate, likeliest, mean_f1, measure, prepared
from elman.tasks.logistic import accuracy
from elman.tasks.ten import chosen, figures_and_examples
from elman.tasks.watching import LOOKS, watch

SHOWN = 6  # frames at which a line says what the label was
Say = Callable[[str], None]


@dataclass(frozen=True)
class ClipSource:
    """What is labeled; the table [data]."""

    data: str
    """The full path of a folder, or the name of games."""
    sha256: str
    """Of the files, or of the recipe of the games."""
    frames: int = FRAMES
    """How many frames of a file are read, evenly spread over it."""

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 10_000:
            raise ConfigError(f"--frames must be from 1 to 10,000, not {self.frames}: 16 is usual")


@dataclass(frozen=True)
class ClipConfig:
    """What makes a labeler of clips; the table [model]."""

    cell: str
    """A cell's name on the shelf, or what the run's equations are called."""
    hidden: int
    """Units of each layer."""
    layers: int
    """How many layers are stacked."""
    embedding: int
    """Size of what a frame's numbers are turned into."""
    dropout: float
    """Share of units left out in training."""
    looks: str
    """How frames are looked at: lite0 or blocks."""
    batch: int
    """Clips of a training step."""

    def __post_init__(self) -> None:
        if self.looks not in LOOKS:
            raise ConfigError(
                f"frames are looked at by {' or '.join(LOOKS)}, not by {self.looks!r}"
            )


class ClipTask(Batched):
    """A labeler with its clips."""

    name = "clips"
    unit = "clips"

    def __init__(
        self,
        data: ClipData,
        source: ClipSource,
        config: ClipConfig,
        cell: Cell,
        vocabulary: LabelVocabulary | None = None,
    ) -> None:
        self.data = data
        seen = examples([*data.training, *data.validation], config.looks)
        training, self.seen = seen[: len(data.training)], seen[len(data.training) :]
        self.vocabulary = vocabulary or LabelVocabulary.of(training)
        self.model = build(config, cell, self.vocabulary)
        self.skill = ClipSkill(source, config, self.model, self.vocabulary)
        self.training = prepared(self.vocabulary, training)
        self.held_out = prepared(self.vocabulary, self.seen)
        self.batches = Batches([len(x) for x, _ in self.training], config.batch)

    @property
    def tokens_per_step(self) -> int:
        """Clips of a training step."""
        return self.batches.batch

    @property
    def tokens_to_score(self) -> int:
        """Clips of the held-out part."""
        return len(self.held_out)

    def loss(self) -> Tensor:
        """The loss of the next batch."""
        batch = [self.training[k] for k in next(self.batches)]
        return self.model.loss(*collate(batch, "sequence"))

    def score(self) -> float:
        """Nats per clip on the held-out part."""
        return measure(self.model, self.held_out, "sequence")[0]

    def sample(self, seed: int, length: int) -> str:
        """What it says of some held-out clips."""
        said = self.skill.label(chosen(self.seen, seed, 4))
        return "\n".join(f"{one.input}  {one.text}" for one in said)


@dataclass(frozen=True)
class ClipSkill:
    """A labeler of clips in use."""

    source: ClipSource
    config: ClipConfig
    model: Labeler
    vocabulary: LabelVocabulary

    def evaluate(self, data: ClipData, *, own: bool, seed: int, warn: Say) -> dict[str, Any]:
        """Accuracy on the held-out part of its own data, or on the whole of other data."""
        before, seen = self.looked(data)
        if not own:
            before, seen = [], [*before, *seen]
        judged = prepared(self.vocabulary, seen)
        loss, right, guesses = measure(self.model, judged, "sequence")
        truth = np.concatenate([y for _, y in judged])
        baselines = always(self.vocabulary, before if own else seen, truth)
        if own:
            baselines |= self._without_memory(prepared(self.vocabulary, before), judged)
        return {
            "data": data.name,
            "clips": len(judged),
            "val_loss": loss,
            "figures": {"accuracy": right, "mean F1": mean_f1(truth, guesses)},
            "baselines": baselines,
            "examples": [
                {"clip": said.input, "said": said.text, "right": " ".join(example.labels)}
                for example in chosen(seen, seed)
                for said in self.label([example])
            ],
        }

    def predict(self, inputs: Sequence[str], **options: Any) -> Iterator[Prediction]:
        """The label of every clip in files and folders, as it develops.

        The name of games stands for their held-out clips.
        """
        for given in inputs:
            path = Path(given)
            if path.is_dir():
                files = files_in(path)
            elif given in games.NAMES and not path.exists():
                yield from self.label(self.looked(read_clips(given))[1])
                continue
            else:
                files = [path]
            for file in files:
                clip = of_file(file, count=self.source.frames)
                yield from self.label(examples([clip], self.config.looks))

    def looked(self, data: ClipData) -> tuple[list[Example], list[Example]]:
        """What is seen in the clips to learn from and in those held out, looked at together as in
        training: so the cache has it.
        """
        seen = examples([*data.training, *data.validation], self.config.looks)
        return seen[: len(data.training)], seen[len(data.training) :]

    def course(self, example: Example) -> Tensor:
        """The probabilities (T, labels) after each frame of a clip."""
        return self.model.shares(torch.from_numpy(self.vocabulary.steps(example)))

    def label(self, seen: Sequence[Example]) -> Iterator[Prediction]:
        """A prediction for each clip: the label after each frame, and how sure it is."""
        for example in seen:
            labels, sure = likeliest(self.vocabulary, self.course(example))
            facts = {"label": labels[-1], "labels": labels, "probabilities": sure}
            yield Prediction(example.name, developed(labels, sure), facts)

    def _without_memory(
        self, before: Sequence[Row], judged: Sequence[Row]
    ) -> dict[str, dict[str, float]]:
        """Accuracies of logistic regression on one frame and on the mean of frames."""
        views: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
            "one frame (the middle one)": lambda x: x[len(x) // 2],
            "mean of the frames": lambda x: x.mean(0),
        }
        count = len(self.vocabulary.labels)
        return {
            name: {"accuracy": accuracy(_alone(before, view), _alone(judged, view), count)}
            for name, view in views.items()
        }


def _alone(
    rows: Sequence[Row], view: Callable[[NDArray[Any]], NDArray[Any]]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What one vector shows of each clip, and the classes."""
    x = np.stack([view(steps) for steps, _ in rows]).astype(np.float32)
    return x, np.concatenate([y for _, y in rows])


def developed(labels: Sequence[str], sure: Sequence[float]) -> str:
    """The last label, then what it was on the way there: `left 97%  (1 right 51%, 8 left 80%)`."""
    on = np.linspace(0, len(labels) - 1, min(SHOWN, len(labels))).round().astype(int).tolist()
    way = ", ".join(f"{k + 1} {labels[k]} {sure[k]:.0%}" for k in on)
    return f"{labels[-1]} {sure[-1]:.0%}  (after frame {way})"


def examples(clips: Sequence[Clip], looks: str) -> list[Example]:
    """Clips as sequences of what is seen in their frames."""
    return [
        Example(clip.name, x, (clip.label,) if clip.label else ())
        for clip, x in zip(clips, watch(clips, looks), strict=True)
    ]


def build(config: ClipConfig, cell: Cell, vocabulary: LabelVocabulary) -> Labeler:
    """The model of a configuration with fresh weights."""
    return Labeler(
        cell, len(vocabulary.labels), config.hidden, config.layers, features=vocabulary.features,
        embedding=config.embedding, dropout=config.dropout, pooled=True,
    )  # fmt: skip


class ClipKind(Usual):
    """Labelers of clips; see `Kind`."""

    name = "clips"
    names = games.NAMES
    noun = "data"
    source = ClipSource
    config = ClipConfig

    def read(self, source: ClipSource) -> ClipData:
        """The clips, split; their frames are not read yet."""
        return read_clips(source.data, source.frames)

    def recipe(
        self, data: ClipData, minutes: float, steps: int
    ) -> tuple[ClipConfig, dict[str, Any]]:
        """A layer as wide as the number of clips allows."""
        count = len(data.training)
        batch = max(1, min(16, count // 8))
        hidden = 32 if count < 100 else 64 if count < 2000 else 128
        looks = "blocks" if data.small else "lite0"
        model = ClipConfig("lstm", hidden, 1, hidden, 0.2, looks, batch)
        minutes = minutes or (0.0 if steps else MINUTES)
        settings: dict[str, Any] = {"lr": 0.01, "optimizer": "muon", "weight_decay": 0.05}
        return model, settings | {"minutes": minutes, "steps": steps, "warmup": 0.05}

    def task(
        self,
        data: ClipData,
        source: ClipSource,
        config: ClipConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any] | None,
    ) -> ClipTask:
        """A labeler with its clips."""
        known = None if vocabulary is None else LabelVocabulary.from_json(dict(vocabulary))
        return ClipTask(data, source, config, cell, known)

    def skill(
        self, source: ClipSource, config: ClipConfig, cell: Cell, vocabulary: Mapping[str, Any]
    ) -> ClipSkill:
        """A labeler to be used."""
        known = LabelVocabulary.from_json(dict(vocabulary))
        return ClipSkill(source, config, build(config, cell, known), known)

    def tell(self, found: Mapping[str, Any]) -> str:
        """Figures, the trivial answers' beside them, and ten examples."""
        head = f"{found['data']}, {found['clips']:,} clips: {found['val_loss']:.4f} nats"
        return figures_and_examples(head, found)


KIND = ClipKind()
