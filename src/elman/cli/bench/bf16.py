"""Time a training step with products in bf16, beside fp32 and torch's layers under autocast.

Matrix products are of numbers rounded to bf16, sums and gates in fp32 (`precision="bf16"`). It pays
on processors with AVX512-BF16; on others it is computed by other means, slower than fp32. The table
says how many times as long the others take: above 1, Elman in bf16 is faster.
"""

from __future__ import annotations

from dataclasses import dataclass

from elman.cli import Shared
from elman.cli.bench._measuring import Plotting, measured


@dataclass(frozen=True)
class Options(Plotting):
    cells: tuple[str, ...] = ()
    """Which of rnn, gru, lstm and others; these three unless told otherwise."""


def run(options: Options, shared: Shared) -> dict[str, object] | None:
    return measured(options, shared, options.cells or ("rnn", "gru", "lstm"), "bf16", half=True)
