"""Uneven lengths: what a training step costs beside the padded one, and beside torch's packed one.

Lengths are uniform between 1 and T. If time went with the sum of lengths alone, it would be the
share `sum(lengths) / (T B)` of the padded call's; `excess` says how many times that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from rich.table import Table
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from elman.bench.layers import SHAPES, Settings, Shape, agree, check, geometric
from elman.bench.report import grid, machine
from elman.bench.rounds import in_turn, on_threads
from elman.layers import GRU, LSTM, RNN

KINDS: dict[str, tuple[Any, Any]] = {
    "rnn": (RNN, nn.RNN),
    "gru": (GRU, nn.GRU),
    "lstm": (LSTM, nn.LSTM),
}
CELLS = tuple(KINDS)
LEAST_ROWS = 32  # with fewer rows a step is short of work near the end of the longest


def shapes() -> tuple[Shape, ...]:
    """Those of the layers with enough rows."""
    return tuple(shape for shape in SHAPES if shape[1] >= LEAST_ROWS)


def measure(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    threads = settings.threads or torch.get_num_threads()
    check(settings, threads, CELLS)
    rows: list[dict[str, Any]] = []
    with on_threads(threads):
        for name in settings.cells:
            for shape in settings.shapes:
                tell(f"{name} at T, B, H = {', '.join(map(str, shape))}")
                rows.append(_row(name, shape, settings.seconds))
    means = {
        name: {figure: geometric([r[figure] for r in rows if r["cell"] == name])
               for figure in ("excess", "packed")}
        for name in settings.cells
    }  # fmt: skip
    return {"machine": machine(threads), "results": rows, "means": means}


def _row(name: str, shape: Shape, seconds: float) -> dict[str, Any]:
    """One line of the table, after a look at whether all give the same numbers."""
    steps, rows, units = shape
    torch.manual_seed(0)
    ours, theirs = (kind(units, units) for kind in KINDS[name])
    theirs.load_state_dict(ours.state_dict())
    lengths = torch.from_numpy(np.random.default_rng(0).integers(1, steps + 1, rows))
    x, seed = torch.randn(shape), torch.randn(shape)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    packed_seed = pack_padded_sequence(seed, lengths, enforce_sorted=False)
    calls = {
        "ragged": lambda: _step(ours, ours(x, lengths=lengths)[0], seed),
        "padded": lambda: _step(ours, ours(x)[0], seed),
        "packed": lambda: _step(theirs, theirs(packed)[0].data, packed_seed.data),
        "torch padded": lambda: _step(theirs, theirs(x)[0], seed),
    }
    found = {key: calls[key]() for key in ("ragged", "packed")}
    agree(f"{name} at {shape}", _named(found["ragged"]), _named(found["packed"]))
    for key in ("padded", "torch padded"):
        calls[key]()
    times = in_turn(calls, seconds)
    share = float(lengths.sum()) / (steps * rows)
    return {
        "cell": name, "T": steps, "B": rows, "H": units, "share": share,
        "seconds": {key: time.median for key, time in times.items()},
        "excess": times["ragged"].ratio(times["padded"]) / share,
        "packed": times["packed"].ratio(times["ragged"]),
        "torch excess": times["packed"].ratio(times["torch padded"]) / share,
    }  # fmt: skip


def _step(layer: nn.Module, y: Tensor, seed: Tensor) -> list[Tensor]:
    """The gradients of one training step."""
    return list(torch.autograd.grad(y, list(layer.parameters()), seed))


def _named(gradients: Sequence[Tensor]) -> dict[str, np.ndarray]:
    return {str(number): gradient.numpy() for number, gradient in enumerate(gradients)}


def table(results: Mapping[str, Any]) -> Table:
    """What a person reads."""
    figures = ("share", "ms", "padded ms", "excess", "torch packed", "its excess")
    made = grid("cell", "T,B,H", right=figures)
    for row in results["results"]:
        seconds, shape = row["seconds"], ",".join(str(row[size]) for size in "TBH")
        made.add_row(
            row["cell"], shape, f"{row['share']:.2f}", f"{seconds['ragged'] * 1e3:.3g}",
            f"{seconds['padded'] * 1e3:.3g}", f"{row['excess']:.2f}", f"{row['packed']:.2f} x",
            f"{row['torch excess']:.2f}",
        )  # fmt: skip
    made.add_section()
    for name, mean in results["means"].items():
        made.add_row(name, "mean", "", "", "", f"{mean['excess']:.2f}", f"{mean['packed']:.2f} x")
    return made
