"""A decoder that looks at a memory: tokens in, scores for the next token out.

The first layer reads the tokens; attention looks for every step at once; further layers read what
was seen beside the first one's output, and thereby know what was looked at before. So each layer is
one kernel over the whole sequence, in training as in scoring. Embedding and output are tied
(O. Press and L. Wolf, EACL 2017).
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from elman.equations import Cell
from elman.layers.dropout import dropout
from elman.layers.state import as_state, as_tuple
from elman.models.attention import Attention
from elman.models.network import entrance, network, width

State = Tensor | tuple[Tensor, ...]


class Memory(NamedTuple):
    """What is looked at: places (S, B, M), which are real (S, B), and one summary (B, M)."""

    places: Tensor
    there: Tensor
    summary: Tensor

    def repeated(self, times: int) -> "Memory":
        """Every row so many times, side by side: for beam search."""
        places, there = (x.repeat_interleave(times, 1) for x in (self.places, self.there))
        return Memory(places, there, self.summary.repeat_interleave(times, 0))


class Decoder(nn.Module):
    """Layers of a cell with attention over a memory of size `memory`, for V = `vocabulary` tokens.

    Without `attention` every step sees the memory's summary instead (K. Cho et al., EMNLP 2014).
    With `bridge` the first layer starts from that summary. `static` is the size of a static input v
    that the cell reads.
    """

    def __init__(
        self,
        cell: Cell,
        vocabulary: int,
        memory: int,
        hidden: int,
        layers: int = 1,
        *,
        embedding: int = 256,
        dropout: float = 0.0,
        attention: bool = True,
        context: bool = True,
        bridge: bool = True,
        static: int = 0,
        target: str = "auto",
    ) -> None:
        super().__init__()
        self.dropout, self.vocabulary = dropout, vocabulary
        self.embedding = nn.Embedding(vocabulary, embedding)
        nn.init.normal_(self.embedding.weight, std=embedding**-0.5)
        seen = memory if context else 0
        before = embedding + (seen if not attention else 0)
        inputs = width(cell, before, hidden)
        self.entrance = entrance(before, inputs)
        self.first = network(cell, inputs, hidden, 1, static=static, target=target)
        out = self.first.output_size
        self.attention = Attention(out, memory) if attention else None
        self.between: nn.Module | None = None
        self.rest = None
        if layers > 1:
            inputs = width(cell, out + seen, hidden)
            self.between = entrance(out + seen, inputs)
            self.rest = network(
                cell, inputs, hidden, layers - 1, dropout=dropout, static=static, target=target
            )
        state = as_tuple(self.first.zero_state(1))[0].shape[-1]
        self.bridge = nn.Linear(memory, state) if bridge else None
        last = self.first if self.rest is None else self.rest
        self.join = nn.Linear(last.output_size + seen, embedding)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.seen = seen

    def vectors(self, tokens: Int[Tensor, "T B"]) -> Float[Tensor, "T B E"]:
        """What the layers read of tokens: the tied vectors, scaled to numbers of about 1."""
        return self.embedding(tokens) * self.embedding.embedding_dim**0.5

    def start(self, memory: Memory) -> tuple[State, ...]:
        """The states before the first token, one for the first layer and one for the others."""
        rows = memory.summary.shape[0]
        first = as_tuple(self.first.zero_state(rows, memory.summary))
        if self.bridge is not None:
            first = (torch.tanh(self.bridge(memory.summary))[None], *first[1:])
        states: tuple[State, ...] = (as_state(first),)
        return (
            states if self.rest is None else (*states, self.rest.zero_state(rows, memory.summary))
        )

    def forward(
        self,
        tokens: Int[Tensor, "T B"],
        memory: Memory,
        lengths: Int[Tensor, "B"] | None = None,
        static: Float[Tensor, "B F"] | None = None,
        states: tuple[State, ...] | None = None,
    ) -> tuple[Float[Tensor, "T B E"], tuple[State, ...], Float[Tensor, "B T S"] | None]:
        """Vectors to be scored at every step, the states after them, and where it looked."""
        states = self.start(memory) if states is None else states
        x = dropout(self.vectors(tokens), self.dropout, self.training)
        return self.through(x, memory, lengths, static, states)

    def through(
        self,
        x: Float[Tensor, "T B E"],
        memory: Memory,
        lengths: Int[Tensor, "B"] | None,
        static: Float[Tensor, "B F"] | None,
        states: tuple[State, ...],
    ) -> tuple[Float[Tensor, "T B E"], tuple[State, ...], Float[Tensor, "B T S"] | None]:
        """The same of vectors in the place of tokens, as a picture may be."""
        given = None if static is None else {"v": static}
        weights = None
        spread = memory.summary.expand(len(x), *memory.summary.shape)
        if self.attention is None and self.seen:
            x = torch.cat([x, spread], -1)
        hidden, first = self.first(self.entrance(x), states[0], lengths=lengths, static=given)
        context = spread
        if self.attention is not None:
            context, weights = self.attention(hidden, memory.places, memory.there)
        after: tuple[State, ...] = (first,)
        if self.rest is not None and self.between is not None:
            both = torch.cat([hidden, context], -1) if self.seen else hidden
            both = dropout(both, self.dropout, self.training)
            hidden, last = self.rest(self.between(both), states[1], lengths=lengths, static=given)
            after = (first, last)
        both = torch.cat([hidden, context], -1) if self.seen else hidden
        both = dropout(both, self.dropout, self.training)
        return torch.tanh(self.join(both)), after, weights

    def scores(self, vectors: Float[Tensor, "... E"]) -> Float[Tensor, "... V"]:
        """Scores (logits) of every token."""
        return nn.functional.linear(vectors, self.embedding.weight, self.bias)

    def loss(
        self,
        vectors: Float[Tensor, "T B E"],
        targets: Int[Tensor, "T B"],
        there: Bool[Tensor, "T B"],
        smoothing: float = 0.0,
    ) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats per real token, the targets smoothed (C. Szegedy et al., CVPR
        2016).
        """
        return nn.functional.cross_entropy(
            self.scores(vectors[there]), targets[there], label_smoothing=smoothing
        )

    def follow(self, memory: Memory, static: Float[Tensor, "B F"] | None = None) -> "Follow":
        """The function that beam search asks for the next token."""
        return Follow(self, memory, static)


class Follow:
    """One more token of each row -> log-probabilities of the next one, and the states after it."""

    def __init__(self, decoder: Decoder, memory: Memory, static: Tensor | None) -> None:
        self.decoder, self.memory, self.static = decoder, memory, static

    def __call__(
        self, tokens: Tensor, states: tuple[State, ...]
    ) -> tuple[Tensor, tuple[State, ...]]:
        """One step."""
        vectors, after, _ = self.decoder(
            tokens[None], self.memory, states=states, static=self.static
        )
        return self.decoder.scores(vectors[0]).log_softmax(-1), after
