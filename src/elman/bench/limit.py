"""The machine's own limit: products per second, and bytes to and from memory."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import torch

from elman.bench.rounds import in_turn, on_threads
from elman.equations import Cell
from elman.kernels import Arguments, choose, compile

MM = 2048  # torch.mm of square matrices of this size
HALF = 512  # in bf16, which is slow where processors do not have it
PACKED = (4096, 512, 512)  # rows, terms and units of our own product
COPIED = 1 << 28  # bytes of what is copied: more than caches hold


def limit(threads: int, seconds: float = 1.0, *, small: bool = False) -> dict[str, float]:
    """GFLOP/s of products in fp32 on so many threads: `mm` by torch, `packed` by our kernel, and
    the larger of the two, `limit`; `bf16`, those of torch.mm in bfloat16; and `memory`, GB/s read
    and written by a copy.

    `small` takes a few thousandths of the work, to see that all is well.
    """
    side, half, copied = (MM // 16, HALF // 16, COPIED >> 12) if small else (MM, HALF, COPIED)
    shape = tuple(size // 8 for size in PACKED) if small else PACKED
    calls = {
        "mm": _mm(side, torch.float32),
        "packed": _packed(*shape),
        "bf16": _mm(half, torch.bfloat16),
        "memory": _copy(copied),
    }
    with on_threads(threads), torch.no_grad():
        for call in calls.values():
            call()
        times = in_turn(calls, 0.0 if small else seconds)
    work = {"mm": 2 * side**3, "packed": 2 * prod(shape), "bf16": 2 * half**3, "memory": 2 * copied}
    found = {name: work[name] / times[name].best / 1e9 for name in calls}
    return {**found, "limit": max(found["mm"], found["packed"])}


def _mm(side: int, dtype: torch.dtype) -> Callable[[], object]:
    left, right, out = (torch.rand(side, side).to(dtype) for _ in range(3))
    return lambda: torch.mm(left, right, out=out)


def _copy(size: int) -> Callable[[], object]:
    source, target = (torch.zeros(size, dtype=torch.uint8) for _ in range(2))
    return lambda: target.copy_(source)


def _packed(rows: int, terms: int, units: int) -> Callable[[], object]:
    """A cell that does nothing but multiply its input by a matrix."""
    target = choose("auto", torch.float32, torch.device("cpu"))
    kernel = compile(Cell("y = W x\nh' = h", name="product").step, target)
    x, weights = torch.rand(rows // 64, 64, terms), torch.rand(units, terms)
    state = torch.rand(64, units)
    arguments = Arguments({"x": x}, {"h": state}, {"W": weights})
    return lambda: kernel(arguments)
