"""The most memory that a training step takes beside its input and its weights, in a fresh process.

Linux keeps the most that a process ever held (VmHWM) and lets it be put back, so a step is measured
after everything has been loaded and compiled.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from rich.table import Table
from torch import nn

from elman.bench.layers import Settings, Shape, check, geometric
from elman.bench.report import grid, machine
from elman.errors import ConfigError, KernelError
from elman.layers import GRU, LSTM, RNN

KINDS: dict[str, dict[str, type[nn.Module]]] = {
    "rnn": {"elman": RNN, "torch": nn.RNN},
    "gru": {"elman": GRU, "torch": nn.GRU},
    "lstm": {"elman": LSTM, "torch": nn.LSTM},
}
CELLS = tuple(KINDS)
SHAPES: tuple[Shape, ...] = ((512, 64, 512),)


def measure(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The figures of one run as JSON can hold them; `tell` hears what is being done."""
    threads = settings.threads or torch.get_num_threads()
    check(settings, threads, CELLS)
    if not Path("/proc/self/clear_refs").exists():
        raise ConfigError("only Linux says how much memory a step takes: run it there")
    rows: list[dict[str, Any]] = []
    for cell in settings.cells:
        for shape in settings.shapes:
            tell(f"{cell} at T, B, H = {', '.join(map(str, shape))}")
            found = {who: _peak(cell, who, shape, threads) for who in KINDS[cell]}
            steps, batch, units = shape
            rows.append(
                {
                    "cell": cell, "T": steps, "B": batch, "H": units, "bytes": found,
                    "share": found["elman"] / found["torch"],
                }
            )  # fmt: skip
    means = {
        cell: geometric([row["share"] for row in rows if row["cell"] == cell])
        for cell in settings.cells
    }
    return {"machine": machine(threads), "results": rows, "means": means}


def _peak(cell: str, who: str, shape: Shape, threads: int) -> int:
    """Measured in a process of its own."""
    facts = json.dumps([cell, who, shape, threads])
    code = f"from elman.bench.memory import tell_peak; tell_peak({facts!r})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise KernelError(f"{who} {cell} at {shape} did not run to its end: {last}")
    return int(ran.stdout)


def tell_peak(facts: str) -> None:
    """Print how many bytes more than before a training step holds at its peak."""
    cell, who, (steps, batch, units), threads = json.loads(facts)
    torch.set_num_threads(threads)
    layer = KINDS[cell][who](units, units)
    _step(layer, torch.randn(2, batch, units))  # loads and compiles
    for parameter in layer.parameters():
        parameter.grad = None
    x = torch.randn(steps, batch, units)
    seed = torch.ones(()).expand(steps, batch, units)
    Path("/proc/self/clear_refs").write_text("5")
    before = _held("VmRSS")
    _step(layer, x, seed)
    print(_held("VmHWM") - before)


def _step(layer: nn.Module, x: torch.Tensor, seed: torch.Tensor | None = None) -> None:
    """Forward and backward, as one trains: the input may be another layer's output."""
    x = x.requires_grad_()
    y = layer(x)[0]
    y.backward(torch.ones_like(y) if seed is None else seed)


def _held(what: str) -> int:
    """Bytes that this process holds, or held at most."""
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"^{what}:\s*(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def table(results: Mapping[str, Any]) -> Table:
    """What a person reads."""
    made = grid("cell", "T,B,H", right=("elman MB", "torch MB", "share"))
    for row in results["results"]:
        shape = ",".join(str(row[size]) for size in "TBH")
        megabytes = (f"{row['bytes'][who] / 2**20:.0f}" for who in ("elman", "torch"))
        made.add_row(row["cell"], shape, *megabytes, f"{row['share']:.0%}")
    return made
