"""A character model in plain torch, by the recipe of `elman train text`: what it has to beat.

    python benchmarks/plain_torch.py TEXT.txt --cell lstm --steps 600

Everything is as in Elman's own training (model, streams, start, optimizer, schedule), but the
recurrent layer is `torch.nn.LSTM` or `GRU`, dropout is torch's, and nothing else of Elman is used.
`elman bench lm` imports it and lets both take turns.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout

WARMUP, CLIP, DECAY, SIZE = 0.02, 1.0, 0.05, 0.2
RESTART = 40  # windows after which a stream begins anew
# "The Polar Express", arXiv:2505.16932: what brings singular values near 1
POLAR = (
    (8.38367, -24.76591, 18.35708),
    (4.04342, -3.01140, 0.56951),
    (3.50557, -2.62665, 0.52572),
    (2.49012, -1.83428, 0.43683),
)
State = Tensor | tuple[Tensor, ...] | None
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
LAYERS: dict[str, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Model(nn.Module):
    """Embedding, one recurrent layer, one output for each character."""

    def __init__(self, cell: str, vocabulary: int, embedding: int, hidden: int, rate: float):
        super().__init__()
        self.rate = rate
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.recurrent = LAYERS[cell](embedding, hidden)
        self.output = nn.Linear(hidden, vocabulary)
        with torch.no_grad():
            for name, parameter in self.recurrent.named_parameters():
                for gate in parameter.chunk(GATES[cell]):
                    if parameter.dim() == 1:
                        nn.init.zeros_(gate)
                    elif "hh" in name:
                        nn.init.orthogonal_(gate)
                    else:
                        nn.init.uniform_(gate, -(embedding**-0.5), embedding**-0.5)
            if cell == "lstm":  # the forget gate starts open
                self.recurrent.bias_ih_l0.chunk(4)[1].fill_(1.0)

    def forward(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        hidden, state = self.recurrent(self.embedding(tokens), state)
        return self.output(dropout(hidden, self.rate, self.training)), state


class Training:
    """A model, its text and its optimizer; `step` does one step."""

    def __init__(
        self,
        text: str,
        cell: str = "lstm",
        *,
        hidden: int = 320,
        embedding: int = 64,
        rate: float = 0.2,
        batch: int = 64,
        window: int = 64,
        lr: float = 0.02,
        muon_rate: float = 1.0,
        beta: float = 0.9,
    ) -> None:
        letters = sorted(set(text))
        index = {letter: number for number, letter in enumerate(letters)}
        tokens = torch.tensor([index[letter] for letter in text])
        cut = int(0.9 * len(tokens))
        self.tokens, self.held_out = tokens[:cut], tokens[cut:]
        self.cell, self.batch, self.window, self.lr = cell, batch, window, lr
        self.muon_rate, self.beta = muon_rate, beta
        self.model = Model(cell, len(letters), min(embedding, len(letters)), hidden, rate)
        counts = torch.bincount(self.tokens, minlength=len(letters))
        with torch.no_grad():
            shares = (counts + 1) / (counts.sum() + len(letters))
            self.model.output.bias.copy_(shares.log())
        self.windows = (len(self.tokens) - 1) // window
        self.position, self.state = 0, None
        self.matrices = [p for n, p in self.model.recurrent.named_parameters() if p.dim() == 2]
        self.momentum = [torch.zeros_like(matrix) for matrix in self.matrices]
        plain = [self.model.embedding.weight, self.model.output.bias]
        plain += [p for p in self.model.recurrent.parameters() if p.dim() == 1]
        self.adam = torch.optim.AdamW(
            [
                {"params": [self.model.output.weight], "weight_decay": DECAY},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=lr,
            betas=(beta, 0.99),
            fused=True,
        )

    def step(self, progress: float) -> float:
        """One step at a progress from 0 to 1; the loss before it, in nats per character."""
        heads = torch.arange(self.batch) * self.windows // self.batch
        place = (self.position + heads) % self.windows
        index = place * self.window + torch.arange(self.window)[:, None]
        turn = torch.arange(self.batch) * RESTART // self.batch
        fresh = (place == 0) | ((self.position + turn) % RESTART == 0)
        self.position += 1
        scores, state = self.model(self.tokens[index], self._carried(fresh))
        self.state = state
        loss = cross_entropy(scores.flatten(0, 1), self.tokens[index + 1].flatten())
        loss.backward()
        self._update(progress)
        return loss.item()

    def _carried(self, fresh: Tensor) -> State:
        """The state of the last window, cut from its gradient, 0 where a stream begins anew."""
        if self.state is None:
            return None
        kept = (~fresh)[None, :, None]
        if isinstance(self.state, tuple):
            return tuple(part.detach() * kept for part in self.state)
        return self.state.detach() * kept

    @torch.no_grad()
    def _update(self, progress: float) -> None:
        parameters = list(self.model.parameters())
        nn.utils.clip_grad_norm_(parameters, CLIP)
        rest = (progress - WARMUP) / (1 - WARMUP)
        rise = max(progress / WARMUP, 0.01) if rest < 0 else 0.5 * (1 + math.cos(math.pi * rest))
        lr = self.lr * rise
        for group in self.adam.param_groups:
            group["lr"] = lr
        lr *= self.muon_rate
        for matrix, kept in zip(self.matrices, self.momentum, strict=True):
            ahead = torch.lerp(matrix.grad, kept.lerp_(matrix.grad, 1 - self.beta), self.beta)
            gates = ahead.view(GATES[self.cell], -1, ahead.shape[1])
            update = orthogonal(gates).reshape(ahead.shape)
            scale = lr * SIZE * max(gates.shape[1:]) ** 0.5
            matrix.mul_(1 - lr * DECAY).sub_(update, alpha=scale)
            matrix.grad = None
        self.adam.step()
        for parameter in parameters:
            parameter.grad = None

    @torch.no_grad()
    def score(self, rows: int = 16) -> float:
        """Nats per character over the held-out text, read in so many rows with state carried."""
        self.model.eval()
        each = (len(self.held_out) - 1) // rows
        table = self.held_out[: rows * each].view(rows, each).T
        aims = self.held_out[1 : rows * each + 1].view(rows, each).T
        state, total = None, 0.0
        for start in range(0, each, 512):
            scores, state = self.model(table[start : start + 512], state)
            aim = aims[start : start + 512].reshape(-1)
            total += cross_entropy(scores.flatten(0, 1), aim, reduction="sum").item()
        self.model.train()
        return total / (rows * each)


def orthogonal(gates: Tensor) -> Tensor:
    """Matrices (gates, H, D) with the same singular vectors and singular values near 1."""
    wide = gates.mT if gates.shape[1] > gates.shape[2] else gates
    x = wide / (wide.flatten(1).norm(dim=1)[:, None, None] + 1e-12)
    for a, b, c in POLAR:
        gram = x @ x.mT
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x.mT if wide is not gates else x


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--cell", choices=list(LAYERS), default="lstm")
    parser.add_argument("--hidden", type=int, default=320)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    training = Training(
        options.text.read_text(encoding="utf-8"), options.cell, hidden=options.hidden
    )
    start = time.perf_counter()
    for number in range(options.steps):
        loss = training.step(number / options.steps)
        if (number + 1) % 50 == 0:
            seconds = time.perf_counter() - start
            speed = (number + 1) * training.batch * training.window / seconds
            print(f"step {number + 1}: {loss:.3f} nats, {speed:,.0f} characters a second")
    print(f"validation: {training.score():.3f} nats")


if __name__ == "__main__":
    main()
