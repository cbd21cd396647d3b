"""Time the training of a character model beside a plain torch script of the same recipe.

The script is benchmarks/plain_torch.py. Both train on the same text in one process, a few steps
each in turn. The table says how many characters each reads in a second, the ratio (the median over
the turns: above 1, Elman is faster), and the loss on held-out text, nats per character.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elman.cli import Shared
from elman.cli.bench._measuring import Saving, printed


@dataclass(frozen=True)
class Options(Saving):
    text: str = "shakespeare"
    """A built-in text or a file."""
    cells: tuple[str, ...] = ("lstm", "gru")
    """Which of lstm and gru."""
    steps: int = 300
    """Training steps of each; their number decides the size of the model, as in elman train."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    from elman import data
    from elman.bench import lm

    text = data.read(options.text if options.text in data.names() else Path(options.text), ())
    return printed(
        options, shared, "lm",
        lambda tell: lm.measure(
            text, options.cells, options.steps, options.threads, tell, shared.seed or 0
        ),
        lambda results: [lm.table(results)],
    )  # fmt: skip
