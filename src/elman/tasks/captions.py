"""Learning to caption pictures: what a frozen network sees in them, and a recurrent decoder.

In: captioned pictures (`data.captions`) and a `CaptionConfig`. Out: a task for the trainer, and a
skill that captions files and folders. The trivial answer is the caption of the training picture
that looks most alike to the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from elman import cells
from elman.data import stamps
from elman.data.batches import Batches, by_length
from elman.data.captions import CaptionData, Captioned, read_captions, words
from elman.data.pictures import ENDINGS, read_picture
from elman.data.words import BEGIN, END, PAD, UNKNOWN, Words, written
from elman.equations import Cell
from elman.equations.static import with_static
from elman.errors import ConfigError, DataError
from elman.models.beam import Beam
from elman.models.captioner import WAYS, Captioner
from elman.models.evaluating import evaluating
from elman.tasks.batched import MINUTES, Batched
from elman.tasks.cider import cider
from elman.tasks.gaze import PANEL, draw
from elman.tasks.kind import Prediction, Usual
from elman.tasks.scores import bleu_by_order
from elman.tasks.seeing import Seen, look
from elman.tasks.ten import chosen, figures_and_examples

LONGEST = 40  # words of a caption
ROWS = 64  # captions scored at a time
ENOUGH = 1000  # pictures that tell how large the numbers are that are seen
AMONG = 100  # pictures whose captions are told apart, at most
Say = Callable[[str], None]


@dataclass(frozen=True)
class CaptionSource:
    """What is captioned; the table [data]."""

    data: str
    """The full path of a folder or of a file of captions; or stamps."""
    sha256: str
    """Of the captions that were read."""
    language: str = ""
    """Of texts beside pictures that have several (as `de`); '' is their first line."""


@dataclass(frozen=True)
class CaptionConfig:
    """What makes a captioner; the table [model]."""

    cell: str
    """A cell's name on the shelf, or what the run's equations are called."""
    hidden: int
    """Units of each layer."""
    layers: int
    """How many layers are stacked."""
    embedding: int
    """Size of a word's vector."""
    dropout: float
    """Share of units left out in training."""
    way: str
    """How the picture comes in: attention, static, state or token."""
    smoothing: float
    """Share of the target that is spread over all words."""
    batch: int
    """Captions of a training step."""

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ConfigError(f"a picture comes in by {', '.join(WAYS)}, not by {self.way!r}")


class CaptionTask(Batched):
    """A captioner with its pictures."""

    name = "captions"
    unit = "words"

    def __init__(
        self, data: CaptionData, config: CaptionConfig, cell: Cell, known: Words | None = None
    ) -> None:
        self.data, self.config = data, config
        said = [words(one) for picture in data.training for one in picture.captions]
        self.vocabulary = known or Words.of(said, 1 if len(said) < 20_000 else 3)
        self.model = build(config, cell, self.vocabulary)
        self.skill = CaptionSkill(self.model, self.vocabulary)
        self.seen = look([one.path for one in (*data.training, *data.validation)])
        count = len(data.training)
        self.model.fit(*self.seen.of(range(0, count, max(1, count // ENOUGH))))
        self.training = rows(self.vocabulary, data.training)
        self.held_out = rows(self.vocabulary, data.validation, len(data.training))
        self.batches = Batches([len(row) - 1 for _, row in self.training], config.batch)

    @property
    def tokens_to_score(self) -> int:
        """Words of the held-out captions, their ends included."""
        return sum(len(row) - 1 for _, row in self.held_out)

    def loss(self) -> Tensor:
        """The smoothed loss of the next batch."""
        batch = [self.training[k] for k in next(self.batches)]
        return self.model.loss(*collate(self.seen, batch), self.config.smoothing)

    def score(self) -> float:
        """Nats per word of the held-out captions."""
        return mean_loss(self.model, self.seen, self.held_out)

    def sample(self, seed: int, length: int) -> str:
        """What it says of four held-out pictures."""
        picked = chosen(range(len(self.data.validation)), seed, 4)
        numbers = [len(self.data.training) + k for k in picked]
        said = self.skill.caption(self.seen, numbers)
        names = [self.data.validation[k].path.name for k in picked]
        return "\n".join(f"{name}  {written(one)}" for name, one in zip(names, said, strict=True))


@dataclass(frozen=True)
class CaptionSkill:
    """A captioner in use."""

    model: Captioner
    vocabulary: Words

    def evaluate(self, data: CaptionData, *, own: bool, seed: int, warn: Say) -> dict[str, Any]:
        """BLEU, CIDEr and recall on the held-out part of its own data, or on all of other data."""
        before = data.training if own else []
        judged = data.validation if own else [*data.training, *data.validation]
        seen = look([one.path for one in (*before, *judged)])
        numbers = list(range(len(before), len(before) + len(judged)))
        said = self.caption(seen, numbers)
        right = [[words(caption) for caption in one.captions] for one in judged]
        held_out = rows(self.vocabulary, judged, len(before))
        baselines: dict[str, dict[str, float]] = {}
        if own:
            like = [seen.nearest(k, range(len(before))) for k in numbers]
            answers = [words(before[k].captions[0]) for k in like]
            baselines["nearest picture"] = _figures(answers, right)
        figures = _figures(said, right) | self._recall(seen, judged, len(before), seed)
        among = min(len(judged), AMONG)
        baselines["chance"] = {f"recall@{at}": min(1.0, at / among) for at in (1, 10)}
        triples = list(zip(judged, said, strict=True))
        return {
            "data": data.name,
            "pictures": len(judged),
            "val_loss": mean_loss(self.model, seen, held_out),
            "figures": figures,
            "baselines": baselines,
            "examples": [
                {"picture": str(one.path), "said": written(text), "right": one.captions[0]}
                for one, text in chosen(triples, seed)
            ],
        }

    def predict(
        self, inputs: Sequence[str], *, beam: int = 5, picture: Path | None = None, **_: Any
    ) -> Iterator[Prediction]:
        """Captions of pictures, and of all pictures in folders; `picture` is drawn of the first."""
        if beam < 1:
            raise ConfigError(f"--beam must be 1 or more, not {beam}: 5 is usual")
        if picture is not None and self.model.way != "attention":
            raise ConfigError(
                f"this model sees a picture as a whole (its way in is {self.model.way}), so there "
                "are no places where it looked: leave --picture out, or train with --way attention"
            )
        for given in inputs:
            path = Path(given)
            if path.is_dir():
                files = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS)
                if not files:
                    raise DataError(f"{path} holds no pictures ({', '.join(ENDINGS)}): check it")
            else:
                files = [path]
            for start in range(0, len(files), ROWS):
                part = files[start : start + ROWS]
                seen = look(part)
                said = self.caption(seen, range(len(part)), beam)
                if picture is not None:
                    self.draw(seen, part[0], said[0], picture)
                    picture = None
                for file, one in zip(part, said, strict=True):
                    yield Prediction(str(file), written(one))

    def draw(self, seen: Seen, file: Path, said: Sequence[str], out: Path) -> None:
        """Where it looked for each word said of the first picture seen, drawn over that."""
        weights = self.looked(seen, 0, said)
        assert weights is not None  # its way in is attention
        draw(out, read_picture(file, PANEL), weights, [*said, "(end)"])

    def looked(self, seen: Seen, number: int, said: Sequence[str]) -> NDArray[Any] | None:
        """The weights [words, places] with which it looked at a picture for each word said of it
        and for the end, places row by row of a square; None unless its way in is attention.
        """
        numbers = torch.tensor(self.vocabulary.encode(said)).long()
        with evaluating(self.model):
            weights = self.model.looked(*seen.of([number]), numbers)
        return None if weights is None else weights.numpy()

    def caption(self, seen: Seen, numbers: Sequence[int], beam: int = 5) -> list[list[str]]:
        """The words of a caption for each of some pictures."""
        with evaluating(self.model):
            said = list[list[str]]()
            for start in range(0, len(numbers), ROWS):
                grid, whole = seen.of(list(numbers[start : start + ROWS]))
                found = self.model.caption(grid, whole, Beam(beam, LONGEST), (PAD, UNKNOWN))
                said += [self.vocabulary.decode(one) for one in found]
        return said

    def _recall(
        self, seen: Seen, judged: Sequence[Captioned], first: int, seed: int
    ) -> dict[str, float]:
        """How often the right caption is the likeliest, or among ten, of all of up to AMONG."""
        picked = chosen(range(len(judged)), seed, AMONG)
        captions = [rows(self.vocabulary, [judged[k]])[0][1] for k in picked]
        ranks = list[int]()
        with evaluating(self.model):
            for place, k in enumerate(picked):
                batch = [(first + k, caption) for caption in captions]
                scores = self.model.likelihood(*collate(seen, batch))
                ranks.append(int((scores > scores[place]).sum()))
        share = {at: sum(rank < at for rank in ranks) / len(ranks) for at in (1, 10)}
        return {"recall@1": share[1], "recall@10": share[10]}


def _figures(
    said: Sequence[Sequence[str]], right: Sequence[Sequence[Sequence[str]]]
) -> dict[str, float]:
    texts = [[" ".join(one) for one in each] for each in right]
    return {**bleu_by_order([" ".join(one) for one in said], texts), "CIDEr": cider(said, right)}


Row = tuple[int, list[int]]


def build(config: CaptionConfig, cell: Cell, known: Words) -> Captioner:
    """The model of a configuration with fresh weights."""
    return Captioner(
        cell, len(known), config.hidden, config.layers, way=config.way,
        embedding=config.embedding, dropout=config.dropout, begin=BEGIN, end=END,
    )  # fmt: skip


def rows(known: Words, pictures: Sequence[Captioned], first: int = 0) -> list[Row]:
    """Each caption with the number of its picture, between its marks."""
    return [
        (first + k, [BEGIN, *known.encode(words(caption))[:LONGEST], END])
        for k, one in enumerate(pictures)
        for caption in one.captions
    ]


def collate(seen: Seen, batch: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Grid, whole, words (T, B) and lengths (B,)."""
    lengths = torch.tensor([len(row) for _, row in batch])
    tokens = torch.full((int(lengths.max()), len(batch)), PAD)
    for k, (_, row) in enumerate(batch):
        tokens[: len(row), k] = torch.tensor(row)
    return (*seen.of([number for number, _ in batch]), tokens, lengths)


@torch.no_grad()
def mean_loss(model: Captioner, seen: Seen, captions: Sequence[Row]) -> float:
    """Nats per word, ends included, without smoothing."""
    with evaluating(model):
        total, count = 0.0, 0
        for numbers in by_length([len(row) for _, row in captions], ROWS):
            batch = [captions[k] for k in numbers]
            size = sum(len(row) - 1 for _, row in batch)
            total += float(model.loss(*collate(seen, batch))) * size
            count += size
    return total / count


class CaptionKind(Usual):
    """Captioners; see `Kind`."""

    name = "captions"
    names = (stamps.NAME,)
    noun = "data"
    source = CaptionSource
    config = CaptionConfig

    def read(self, source: CaptionSource) -> CaptionData:
        """The pictures with their captions, split."""
        return read_captions(source.data, source.language)

    def recipe(
        self, data: CaptionData, minutes: float, steps: int
    ) -> tuple[CaptionConfig, dict[str, Any]]:
        """As wide as the number of captions allows. Of few captions, few make a step."""
        count = sum(len(one.captions) for one in data.training)
        hidden = 64 if count < 300 else 256 if count < 5000 else 384
        batch = max(1, min(16 if count < 5000 else 64, count // 8))
        model = CaptionConfig("lstm", hidden, 1, hidden, 0.3, "attention", 0.1, batch)
        minutes = minutes or (0.0 if steps else MINUTES)
        settings: dict[str, Any] = {"lr": 0.002, "optimizer": "adam", "weight_decay": 0.02}
        return model, settings | {"minutes": minutes, "steps": steps, "warmup": 0.05}

    def cell(self, config: CaptionConfig, data: CaptionData) -> Cell:
        """The cell, which also sees the picture where that is a static input."""
        cell = cells.get(config.cell)
        return with_static(cell) if config.way == "static" else cell

    def task(
        self,
        data: CaptionData,
        source: CaptionSource,
        config: CaptionConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any] | None,
    ) -> CaptionTask:
        """A captioner with its pictures."""
        known = None if vocabulary is None else Words.from_json(dict(vocabulary))
        return CaptionTask(data, config, cell, known)

    def skill(
        self,
        source: CaptionSource,
        config: CaptionConfig,
        cell: Cell,
        vocabulary: Mapping[str, Any],
    ) -> CaptionSkill:
        """A captioner to be used."""
        known = Words.from_json(dict(vocabulary))
        return CaptionSkill(build(config, cell, known), known)

    def tell(self, found: Mapping[str, Any]) -> str:
        """Figures, the trivial answer's beside them, and ten examples."""
        head = f"{found['data']}, {found['pictures']:,} pictures: {found['val_loss']:.4f} nats"
        return figures_and_examples(f"{head} per word", found)


KIND = CaptionKind()
