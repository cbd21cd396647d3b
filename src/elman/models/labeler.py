"""A labeler: sequences of words or vectors in, scores for labels out, per step or per sequence.

In: a cell and sizes. Out: scores at every step; for a label per sequence those at step t are of all
that was read up to t, so that one sees the label develop, and the last ones count.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from elman import cells
from elman.equations import Cell
from elman.layers.dropout import dropout
from elman.models.evaluating import evaluating
from elman.models.network import mask, network, width


class Labeler(nn.Module):
    """Words as vectors, or vectors through a matrix; layers of a cell; a score for each label.

    `words` is how many words are known, `features` how wide vectors are: one of the two is 0. With
    `pooled` the scores at a step see the mean of all outputs up to it beside the last one.
    """

    def __init__(
        self,
        cell: Cell | str,
        labels: int,
        hidden: int,
        layers: int = 1,
        *,
        words: int = 0,
        features: int = 0,
        embedding: int = 64,
        dropout: float = 0.0,
        bidirectional: bool = False,
        pooled: bool = False,
        target: str = "auto",
    ) -> None:
        super().__init__()
        cell = cells.get(cell)
        inputs = width(cell, embedding, hidden)
        self.dropout, self.pooled = dropout, pooled
        self.embedding = nn.Embedding(words, inputs) if words else nn.Linear(features, inputs)
        self.recurrent = network(
            cell, inputs, hidden, layers, dropout=dropout, bidirectional=bidirectional,
            target=target,
        )  # fmt: skip
        self.output = nn.Linear(self.recurrent.output_size * (2 if pooled else 1), labels)

    def forward(
        self, x: Int[Tensor, "T B"] | Float[Tensor, "T B D"], lengths: Int[Tensor, "B"]
    ) -> Float[Tensor, "T B V"]:
        """Scores (logits) at every step; those behind the end of a row mean nothing."""
        vectors = dropout(self.embedding(x), self.dropout, self.training)
        hidden, _ = self.recurrent(vectors, lengths=lengths)
        if self.pooled:
            counts = torch.arange(1, len(hidden) + 1, dtype=hidden.dtype)[:, None, None]
            hidden = torch.cat([hidden, hidden.cumsum(0) / counts], -1)
        return self.output(dropout(hidden, self.dropout, self.training))

    def loss(
        self,
        x: Int[Tensor, "T B"] | Float[Tensor, "T B D"],
        lengths: Int[Tensor, "B"],
        targets: Int[Tensor, "T B"] | Int[Tensor, "B"],
    ) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats, of every step, or of the last one if `targets` are (B,)."""
        scores = self(x, lengths)
        if targets.dim() == 1:
            return nn.functional.cross_entropy(self.last(scores, lengths), targets)
        here = mask(lengths, len(scores))
        return nn.functional.cross_entropy(scores[here], targets[here])

    def last(self, scores: Tensor, lengths: Int[Tensor, "B"]) -> Float[Tensor, "B V"]:
        """The scores at the last step of every row."""
        rows = torch.arange(scores.shape[1])
        return scores[(lengths - 1).clamp(min=0), rows]

    @torch.no_grad()
    def shares(self, x: Int[Tensor, "T"] | Float[Tensor, "T D"]) -> Float[Tensor, "T V"]:
        """The probability of each label after each step of one sequence."""
        with evaluating(self):
            return self(x.unsqueeze(1), torch.tensor([len(x)]))[:, 0].softmax(-1)
