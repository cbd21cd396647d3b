"""The machine's own limit: products in fp32 per second, by torch.mm and by our packed kernel."""

from __future__ import annotations

from collections.abc import Callable

import torch

from elman.bench.rounds import in_turn
from elman.equations import Cell
from elman.kernels import Arguments, choose, compile

MM = 2048  # torch.mm of square matrices of this size
PACKED = (4096, 512, 512)  # rows, terms and units of our own product


def limit(threads: int, seconds: float = 1.0, *, small: bool = False) -> dict[str, float]:
    """GFLOP/s on so many threads: `mm`, `packed`, and the larger of the two, `limit`.

    `small` takes a few thousandths of the work, to see that all is well.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        side = MM // 16 if small else MM
        shape = tuple(size // 8 for size in PACKED) if small else PACKED
        calls = {"mm": _mm(side), "packed": _packed(*shape)}
        with torch.no_grad():
            for call in calls.values():
                call()
            times = in_turn(calls, 0.0 if small else seconds)
    finally:
        torch.set_num_threads(before)
    work = {"mm": 2 * side**3, "packed": 2 * shape[0] * shape[1] * shape[2]}
    found = {name: work[name] / times[name].best / 1e9 for name in calls}
    return {**found, "limit": max(found.values())}


def _mm(side: int) -> Callable[[], object]:
    left, right, out = (torch.rand(side, side) for _ in range(3))
    return lambda: torch.mm(left, right, out=out)


def _packed(rows: int, terms: int, units: int) -> Callable[[], object]:
    """A cell that does nothing but multiply its input by a matrix."""
    target = choose("auto", torch.float32, torch.device("cpu"))
    kernel = compile(Cell("y = W x\nh' = h", name="product").step, target)
    x, weights = torch.rand(rows // 64, 64, terms), torch.rand(units, terms)
    state = torch.rand(64, units)
    arguments = Arguments({"x": x}, {"h": state}, {"W": weights})
    return lambda: kernel(arguments)
