"""Luong's attention for a whole sequence at once (M. Luong et al., EMNLP 2015, "general").

In: what a decoder put out at every step, and a memory. Out: the mean of the memory that each step
looks at, and the weights. No step waits for another, so the decoder before it stays one kernel.
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Scores are s^T W m; `queries` is the size of s, `memory` that of m."""

    def __init__(self, queries: int, memory: int) -> None:
        super().__init__()
        self.matrix = nn.Linear(queries, memory, bias=False)

    def forward(
        self,
        queries: Float[Tensor, "T B H"],
        memory: Float[Tensor, "S B M"],
        there: Bool[Tensor, "S B"],
    ) -> tuple[Float[Tensor, "T B M"], Float[Tensor, "B T S"]]:
        """The context of every step and its weights over the memory; `there` marks real places."""
        keys = memory.permute(1, 2, 0)
        scores = self.matrix(queries).transpose(0, 1) @ keys
        scores = scores.masked_fill(~there.T[:, None, :], float("-inf"))
        weights = scores.softmax(-1)
        return (weights @ memory.transpose(0, 1)).transpose(0, 1), weights
