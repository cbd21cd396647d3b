"""A captioner: what a convolutional network saw in, and a sentence out, by a recurrent decoder.

In: a cell, sizes, and the way in. Out: losses, captions by beam search, and how likely a given
one is. The convolutional network is frozen and elsewhere (`lite0`).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from elman import cells
from elman.equations import Cell
from elman.layers.dropout import dropout
from elman.models.beam import Beam, search
from elman.models.decoder import Decoder, Memory, State
from elman.models.lite0 import GRID, WHOLE
from elman.models.network import mask
from elman.models.standard import Standard

WAYS = ("attention", "static", "state", "token")


class Captioner(nn.Module):
    """`way` is how the picture comes in: `static`, a further input of every step with matrices of
    its own; `state`, the state before the first word; `token`, a word before the first one; or
    `attention` over its 49 places, from the summary as start state.
    """

    def __init__(
        self,
        cell: Cell | str,
        vocabulary: int,
        hidden: int,
        layers: int = 1,
        *,
        way: str = "attention",
        embedding: int = 128,
        dropout: float = 0.3,
        begin: int = 1,
        end: int = 2,
        target: str = "auto",
    ) -> None:
        super().__init__()
        self.way, self.dropout, self.begin, self.end = way, dropout, begin, end
        looks = way == "attention"
        size = embedding if way == "token" else hidden
        self.grid, self.whole = Standard(GRID), Standard(WHOLE)
        self.places = nn.Linear(GRID, size) if looks else None
        self.summary = nn.Linear(WHOLE, size)
        self.decoder = Decoder(
            cells.get(cell), vocabulary, size, hidden, layers, embedding=embedding,
            dropout=dropout, attention=looks, context=looks, bridge=way in ("state", "attention"),
            static=size if way == "static" else 0, target=target,
        )  # fmt: skip

    def fit(self, grid: Float[Tensor, "N S G"], whole: Float[Tensor, "N W"]) -> None:
        """Take note of how large the numbers are that are seen in training."""
        self.grid.fit(grid)
        self.whole.fit(whole)

    def read(self, grid: Float[Tensor, "B S G"], whole: Float[Tensor, "B W"]) -> Memory:
        """What the decoder is given of pictures."""
        summary = torch.tanh(self.summary(self.whole(whole)))
        summary = dropout(summary, self.dropout, self.training)
        if self.places is None:
            places = summary[None]
        else:
            places = torch.tanh(self.places(self.grid(grid))).transpose(0, 1)
        there = torch.ones(places.shape[:2], dtype=torch.bool)
        return Memory(places, there, summary)

    def start(self, memory: Memory) -> tuple[tuple[State, ...], Tensor | None]:
        """The states before the first word, and the static input."""
        states = self.decoder.start(memory)
        if self.way == "token":
            _, states, _ = self.decoder.through(memory.summary[None], memory, None, None, states)
        return states, memory.summary if self.way == "static" else None

    def loss(
        self,
        grid: Float[Tensor, "B S G"],
        whole: Float[Tensor, "B W"],
        tokens: Int[Tensor, "T B"],
        lengths: Int[Tensor, "B"],
        smoothing: float = 0.0,
    ) -> Float[Tensor, ""]:
        """Mean nats per word of captions that stand between `begin` and `end`."""
        vectors, there = self._vectors(grid, whole, tokens, lengths)
        return self.decoder.loss(vectors, tokens[1:], there, smoothing)

    @torch.no_grad()
    def likelihood(
        self,
        grid: Float[Tensor, "B S G"],
        whole: Float[Tensor, "B W"],
        tokens: Int[Tensor, "T B"],
        lengths: Int[Tensor, "B"],
    ) -> Float[Tensor, "B"]:
        """The log-probability of each caption for its picture."""
        vectors, there = self._vectors(grid, whole, tokens, lengths)
        logs = self.decoder.scores(vectors).log_softmax(-1)
        return (logs.gather(-1, tokens[1:, :, None])[..., 0] * there).sum(0)

    @torch.no_grad()
    def caption(
        self,
        grid: Float[Tensor, "B S G"],
        whole: Float[Tensor, "B W"],
        beam: Beam,
        never: tuple[int, ...] = (0,),
    ) -> list[list[int]]:
        """The words of a caption for each picture."""
        memory = self.read(grid, whole).repeated(beam.width)
        states, static = self.start(memory)
        follow = self.decoder.follow(memory, static)
        return search(follow, states, len(grid), self.begin, self.end, beam, never)

    @torch.no_grad()
    def looked(
        self,
        grid: Float[Tensor, "1 S G"],
        whole: Float[Tensor, "1 W"],
        said: Int[Tensor, "T"],
    ) -> Float[Tensor, "N S"] | None:
        """The weights over the places from which each of the words, and then the end, was said;
        None unless the way in is attention.
        """
        memory = self.read(grid, whole)
        states, static = self.start(memory)
        tokens = torch.cat([torch.tensor([self.begin]), said])[:, None]
        _, _, weights = self.decoder(tokens, memory, static=static, states=states)
        return None if weights is None else weights[0]

    def _vectors(
        self, grid: Tensor, whole: Tensor, tokens: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor]:
        memory = self.read(grid, whole)
        states, static = self.start(memory)
        vectors, _, _ = self.decoder(tokens[:-1], memory, lengths - 1, static, states)
        return vectors, mask(lengths - 1, len(tokens) - 1)
