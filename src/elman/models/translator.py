"""A translator: an encoder that reads a sentence from both ends, and a decoder that looks at it.

In: a cell and sizes. Out: losses of pairs of sentences, and translations by beam search. Both
languages share one vocabulary and one table of vectors. What a token spells is elsewhere (`data`).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from elman import cells
from elman.equations import Cell
from elman.layers.dropout import dropout
from elman.models.beam import Beam, search
from elman.models.decoder import Decoder, Memory
from elman.models.network import entrance, mask, network, width


class Translator(nn.Module):
    """`vocabulary` is V; `begin` and `end` are the tokens around a sentence, 0 is padding."""

    def __init__(
        self,
        cell: Cell | str,
        vocabulary: int,
        hidden: int,
        layers: int = 2,
        *,
        embedding: int = 256,
        dropout: float = 0.3,
        attention: bool = True,
        begin: int = 1,
        end: int = 2,
        target: str = "auto",
    ) -> None:
        super().__init__()
        cell = cells.get(cell)
        self.dropout, self.begin, self.end = dropout, begin, end
        half = max(1, hidden // 2)
        inputs = width(cell, embedding, half)
        self.entrance = entrance(embedding, inputs)
        self.encoder = network(
            cell, inputs, half, max(1, layers - 1), dropout=dropout, bidirectional=True,
            target=target,
        )  # fmt: skip
        self.decoder = Decoder(
            cell, vocabulary, self.encoder.output_size, hidden, layers, embedding=embedding,
            dropout=dropout, attention=attention, target=target,
        )  # fmt: skip

    def read(self, tokens: Int[Tensor, "S B"], lengths: Int[Tensor, "B"]) -> Memory:
        """What the decoder looks at: an output at every token, and their mean."""
        x = dropout(self.decoder.vectors(tokens), self.dropout, self.training)
        places, _ = self.encoder(self.entrance(x), lengths=lengths)
        summary = places.sum(0) / lengths[:, None].to(places.dtype)
        places = dropout(places, self.dropout, self.training)
        return Memory(places, mask(lengths, len(tokens)), summary)

    def loss(
        self,
        source: Int[Tensor, "S B"],
        source_lengths: Int[Tensor, "B"],
        target: Int[Tensor, "T B"],
        target_lengths: Int[Tensor, "B"],
        smoothing: float = 0.0,
    ) -> Float[Tensor, ""]:
        """Mean nats per token of targets that stand between `begin` and `end`."""
        memory = self.read(source, source_lengths)
        counted = target_lengths - 1  # every token but the first is to be foretold
        vectors, _, _ = self.decoder(target[:-1], memory, counted)
        there = mask(counted, len(target) - 1)
        return self.decoder.loss(vectors, target[1:], there, smoothing)

    @torch.no_grad()
    def translate(
        self,
        source: Int[Tensor, "S B"],
        lengths: Int[Tensor, "B"],
        beam: Beam,
        never: tuple[int, ...] = (0,),
    ) -> list[list[int]]:
        """The tokens of a translation for each row."""
        memory = self.read(source, lengths)
        many = memory.repeated(beam.width)
        state = self.decoder.start(many)
        return search(
            self.decoder.follow(many), state, len(lengths), self.begin, self.end, beam, never
        )

    @torch.no_grad()
    def alignment(
        self, source: Int[Tensor, "S"], target: Int[Tensor, "T"]
    ) -> Float[Tensor, "N S"] | None:
        """Where the decoder looks in the source before each token of the target and its end."""
        memory = self.read(source[:, None], torch.tensor([len(source)]))
        tokens = torch.cat([torch.tensor([self.begin]), target])
        _, _, weights = self.decoder(tokens[:, None], memory)
        return None if weights is None else weights[0]
