"""Byte-pair units (R. Sennrich et al., ACL 2016): sentences -> numbers of frequent pieces.

The pieces of both languages are found together, in the training part alone. The work is done by the
package `tokenizers`, which the extra `elman[translation]` brings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from elman.errors import ConfigError, DataError

FORMAT = 1
PAD, BEGIN, END, UNKNOWN = range(4)
_SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]


class Pieces:
    """A vocabulary of pieces; `model` is what `tokenizers` writes as JSON."""

    def __init__(self, model: str) -> None:
        self.model = model

    @classmethod
    def of(cls, sentences: Iterable[str], size: int) -> Pieces:
        """The `size` pieces that spell these sentences in the fewest tokens."""
        tokenizers = library()
        made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=_SPECIAL[UNKNOWN]))
        made.normalizer = tokenizers.normalizers.NFC()
        parts = tokenizers.pre_tokenizers
        made.pre_tokenizer = parts.Sequence([parts.Metaspace(), parts.Punctuation("isolated")])
        made.decoder = tokenizers.decoders.Metaspace()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=size, special_tokens=_SPECIAL, show_progress=False
        )
        made.train_from_iterator(sentences, trainer)
        return cls(made.to_str())

    @cached_property
    def _units(self) -> Any:
        try:
            return library().Tokenizer.from_str(self.model)
        except ConfigError:
            raise
        except Exception as error:  # tokenizers raises nothing narrower
            raise DataError(
                f"the pieces in vocabulary.json are damaged ({error}): put the file back"
            ) from error

    def __len__(self) -> int:
        return self._units.get_vocab_size()

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """The pieces of each sentence, without a mark of its beginning or end."""
        return [found.ids for found in self._units.encode_batch(list(sentences))]

    def decode(self, pieces: Sequence[int]) -> str:
        """The sentence that pieces spell."""
        return self._units.decode(list(pieces), skip_special_tokens=True).strip()

    def spelled(self, pieces: Sequence[int]) -> list[str]:
        """The pieces as people read them, a space before each that begins a word."""
        return [self._units.id_to_token(k).replace("▁", " ") for k in pieces]

    def to_json(self) -> dict[str, Any]:
        """What `vocabulary.json` holds."""
        return {"format": FORMAT, "kind": "pieces", "model": json.loads(self.model)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Pieces:
        """Read it again; DataError if it is not one."""
        if found.get("format") != FORMAT or found.get("kind") != "pieces" or "model" not in found:
            raise DataError(f"this vocabulary is not of format {FORMAT} and kind 'pieces'")
        return cls(json.dumps(found["model"]))


def library() -> Any:
    """The package `tokenizers`; ConfigError says how to get it."""
    try:
        import tokenizers
    except ImportError as error:
        raise ConfigError(
            "translation needs the package tokenizers: pip install 'elman[translation]'"
        ) from error
    return tokenizers
