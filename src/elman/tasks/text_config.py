"""What a text and a character model are made of, as the tables of `config.toml` hold it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataConfig:
    """What is learned; `config.toml` holds it as its table [data]."""

    data: str
    """A built-in name, or the full path of a file or folder."""
    sha256: str
    """Of what was read: a run resumes on the same text only."""
    include: tuple[str, ...] = ()
    """Globs that pick files out of a folder."""


@dataclass(frozen=True)
class TextConfig:
    """What makes a character model; `config.toml` holds it as its table [model]."""

    cell: str
    """A cell's name on the shelf, or what the run's equations are called."""
    hidden: int
    """Units of each layer."""
    layers: int
    """How many layers are stacked."""
    embedding: int
    """Size of a character's vector; 0 feeds it as a one-hot vector."""
    dropout: float
    """Share of units left out between layers and before the output, in training."""
    batch: int
    """How many streams are read side by side."""
    window: int
    """Over how many characters gradients flow."""
    precision: str = "full"
    """What the layers' matrix products multiply: numbers as they are, or rounded to bf16."""
