"""Labeled sequences as data: read, checked, split into what trains and what is held out.

In: a file or folder. Out: a `LabelData` and the `LabelVocabulary` of its training part, which
turns steps into numbers and labels into classes. The formats are in `examples`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.data.examples import Example, Wish, read_examples
from elman.data.split import held_out
from elman.errors import DataError

FORMAT = 1
SHOWN = 6  # labels named in a message


@dataclass(frozen=True)
class LabelData:
    """Examples to learn from and examples to be judged by."""

    name: str
    sha256: str
    training: list[Example]
    validation: list[Example]


def read_labels(path: str | Path, wish: Wish) -> LabelData:
    """Read and split; a .ts folder says itself what is held out (NAME_TEST.ts)."""
    path = Path(path)
    found, raw = read_examples(path, wish)
    alike(found)
    labels = {label for example in found for label in example.labels}
    if len(labels) == 1:
        raise DataError(
            f"{path} has one label ({labels.pop()}), and nothing to tell it from: give sequences "
            "with another one"
        )
    test = {k for k, example in enumerate(found) if example.test}
    if not test or len(test) == len(found):
        groups = [example.labels[:1] if wish.per == "sequence" else () for example in found]
        test = held_out([example.key for example in found], groups)
    training = [example for k, example in enumerate(found) if k not in test]
    validation = [example for k, example in enumerate(found) if k in test]
    if not training or not validation:
        raise DataError(
            f"{path} has {len(found)} sequences, and no tenth of them can be held out: give more "
            "sequences (of every label at least two different ones)"
        )
    return LabelData(path.resolve().name, hashlib.sha256(raw).hexdigest(), training, validation)


def alike(examples: Sequence[Example]) -> None:
    """DataError unless all are words, or vectors of one width."""
    kinds = {_kind(example): example for example in examples}
    if len(kinds) > 1:
        (one, a), (two, b), *_ = kinds.items()
        raise DataError(f"{a.name} has {one}, {b.name} has {two}: give all sequences one form")


def _kind(example: Example) -> str:
    return "words" if isinstance(example.steps, tuple) else f"vectors of {example.steps.shape[1]}"


@dataclass(frozen=True)
class LabelVocabulary:
    """The labels, and the words or the scale of the numbers of a training part."""

    labels: tuple[str, ...]
    words: tuple[str, ...] = ()
    """The known words; number 0 stands for any other."""
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @classmethod
    def of(cls, examples: Sequence[Example]) -> LabelVocabulary:
        """What these examples hold."""
        labels = tuple(sorted({label for example in examples for label in example.labels}))
        first = examples[0].steps
        if isinstance(first, tuple):
            return cls(labels, tuple(sorted({w for e in examples for w in e.words})))
        rows = np.concatenate([np.asarray(example.steps, np.float64) for example in examples])
        mean = np.nan_to_num(np.nanmean(rows, 0))
        scale = np.nan_to_num(np.nanstd(rows, 0))
        scale[scale == 0] = 1.0
        return cls(labels, (), tuple(mean.tolist()), tuple(scale.tolist()))

    @property
    def features(self) -> int:
        """How wide a vector is; 0 for words."""
        return len(self.mean)

    def steps(self, example: Example) -> NDArray[Any]:
        """Words as numbers [T], vectors scaled [T, D]; DataError for those of another form."""
        if isinstance(example.steps, tuple) != (not self.features):
            want = f"vectors of {self.features} numbers" if self.features else "words"
            raise DataError(f"{example.name} has {_kind(example)}, the model reads {want}")
        if isinstance(example.steps, tuple):
            table = {word: k for k, word in enumerate(self.words, 1)}
            return np.asarray([table.get(word, 0) for word in example.steps], np.int64)
        if example.steps.shape[1] != self.features:
            raise DataError(
                f"{example.name} has {_kind(example)}, the model reads vectors of {self.features}"
            )
        scaled = (example.steps - np.asarray(self.mean)) / np.asarray(self.scale)
        return np.nan_to_num(scaled).astype(np.float32)

    def classes(self, example: Example) -> NDArray[np.int64]:
        """Its labels by number; DataError names one that is not known."""
        table = {label: k for k, label in enumerate(self.labels)}
        for label in example.labels:
            if label not in table:
                more = ", ..." if len(self.labels) > SHOWN else ""
                raise DataError(
                    f"{example.name} has the label {label!r}, which was never seen in training "
                    f"(known are {', '.join(self.labels[:SHOWN])}{more}): correct it, or train on "
                    "data that has it"
                )
        return np.asarray([table[label] for label in example.labels], np.int64)

    def commonest(self, examples: Sequence[Example]) -> str:
        """The label that these examples have most often: the trivial answer."""
        counts = Counter(label for example in examples for label in example.labels)
        return min(counts, key=lambda label: (-counts[label], label))

    def to_json(self) -> dict[str, Any]:
        """What `vocabulary.json` holds."""
        return {"format": FORMAT, "kind": "labels", **vars(self)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> LabelVocabulary:
        """Read it again; DataError if it is not one."""
        try:
            labels, words = (tuple(map(str, found[name])) for name in ("labels", "words"))
            mean, scale = (tuple(map(float, found[name])) for name in ("mean", "scale"))
            made = cls(labels, words, mean, scale)
            known = found["format"] == FORMAT and found["kind"] == "labels"
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"this is no vocabulary of labels ({error!r}): put the run's vocabulary.json back"
            ) from error
        if not known or len(made.mean) != len(made.scale):
            raise DataError(f"this vocabulary is not of format {FORMAT} and kind 'labels'")
        return made


def of_text(text: str, words: bool = True) -> Example:
    """A sentence that a person typed, as an example without a label."""
    return Example(repr(text), tuple(text.split()) if words else tuple(text), ())
