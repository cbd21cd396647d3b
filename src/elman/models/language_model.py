"""A language model: tokens in, scores for the next token out, one step at a time.

In: a cell and sizes. Out: a module over windows of tokens whose state the caller carries from one
window to the next. Characters, alphabets and sampling are elsewhere (`data`, `tasks`).
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError
from elman.layers import Recurrent
from elman.layers.dropout import dropout
from elman.models.network import start
from elman.models.room import check_room

State = Tensor | tuple[Tensor, ...]


class LanguageModel(nn.Module):
    """Embedding, a stack of recurrent layers, and one output for each token.

    `vocabulary` is the number of tokens V, `embedding` the size of their vectors; 0 feeds each
    token as a one-hot vector. Sizes that a cell declares besides D and H are half of `hidden`.
    `dropout` is the share of units left out, in training only, between
    the layers and before the output. `target` and `precision` are those of `Recurrent`.
    """

    def __init__(
        self,
        cell: Cell | str,
        vocabulary: int,
        hidden: int,
        layers: int = 1,
        *,
        embedding: int = 64,
        dropout: float = 0.0,
        target: str = "auto",
        precision: str = "full",
    ) -> None:
        super().__init__()
        if vocabulary < 1:
            raise ConfigError(f"a language model needs at least 1 token, not {vocabulary}")
        if embedding < 0:
            raise ConfigError(f"embedding must be 0, for one-hot, or more, not {embedding}")
        cell = cells.get(cell)
        if more := [
            leaf.name for leaf in (*cell.step.inputs, *cell.step.statics) if leaf.name != "x"
        ]:
            raise ConfigError(
                f"{cell.name} reads {', '.join(more)} beside x, and a text has nothing to give it: "
                "take a cell that reads x alone"
            )
        check_room(cell, vocabulary, hidden, layers, embedding)
        self.vocabulary, self.dropout = vocabulary, dropout
        self.embedding = nn.Embedding(vocabulary, embedding) if embedding else None
        more = {size: max(1, hidden // 2) for size in cell.step.sizes() if size not in ("D", "H")}
        self.recurrent = Recurrent(
            cell, embedding or vocabulary, hidden, layers, dropout=dropout, target=target,
            precision=precision, sizes=more,
        )  # fmt: skip
        self.output = nn.Linear(self.recurrent.output_size, vocabulary)
        start(self.recurrent)

    @property
    def cell(self) -> Cell:
        """The equations of its layers."""
        return self.recurrent.cell

    @property
    def size(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.numel() for parameter in self.parameters())

    @torch.no_grad()
    def expect(self, counts: Int[Tensor, "V"]) -> None:
        """Let the scores start from how often each token occurs, which then need not be learned."""
        shares = (counts + 1) / (counts.sum() + self.vocabulary)
        self.output.bias.copy_(shares.log())

    def zero_state(self, rows: int) -> State:
        """The state before anything was read."""
        return self.recurrent.zero_state(rows)

    def forward(
        self, tokens: Int[Tensor, "T B"], state: State | None = None
    ) -> tuple[Float[Tensor, "T B V"], State]:
        """The scores (logits) of every possible next token, and the state after the last one."""
        hidden, last = self.read(tokens, state)
        hidden = dropout(hidden, self.dropout, self.training)
        return self.output(hidden), last

    def read(
        self, tokens: Int[Tensor, "T B"], state: State | None = None
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """The outputs of the last layer, and the state after the last token."""
        hidden, last = self.recurrent(self.vectors(tokens), state)
        return hidden, last

    def step(
        self, tokens: Int[Tensor, "B"], state: State | None = None
    ) -> tuple[Float[Tensor, "B V"], State]:
        """The scores of every possible next token after one more token of each row, and the state
        after it, without dropout.
        """
        hidden, last = self.recurrent.step(self.vectors(tokens), state)
        return self.output(hidden), last

    def loss(
        self, inputs: Int[Tensor, "T B"], targets: Int[Tensor, "T B"], state: State | None = None
    ) -> tuple[Float[Tensor, ""], State]:
        """Mean cross-entropy of the targets, in nats per token, and the state after the window."""
        scores, last = self(inputs, state)
        flat = scores.reshape(-1, self.vocabulary)
        return nn.functional.cross_entropy(flat, targets.reshape(-1)), last

    def vectors(self, tokens: Int[Tensor, "..."]) -> Float[Tensor, "... D"]:
        """What the first layer reads for each token: its vector, or a one-hot one."""
        if self.embedding is not None:
            return self.embedding(tokens)
        one_hot = nn.functional.one_hot(tokens, self.vocabulary)
        return one_hot.to(self.output.weight.dtype)


def restart(state: State, rows: Bool[Tensor, "B"], start: State) -> State:
    """The state with the rows marked in `rows` put back to `start`, cut from the gradient."""
    before = (state,) if isinstance(state, Tensor) else state
    fresh = (start,) if isinstance(start, Tensor) else start
    mask = rows[None, :, None]
    parts = tuple(
        torch.where(mask, new, old.detach()) for new, old in zip(fresh, before, strict=True)
    )
    return parts[0] if isinstance(state, Tensor) else parts
