"""Memory that nobody may touch: every tensor of a trial ends at a page without access.

Tensors, row tables, and what a kernel allocates for itself lie in pages of their own, so that they
end (or begin) exactly where the next page cannot be read or written: one number too far ends the
process. What a kernel allocates without clearing it is filled with NaN, so that reading it shows.
`python -m proof.guards FIRST COUNT` runs trials so, for a test to see whether it survives.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from elman.kernels.rows import Rows
from proof.compare import Undefined, same
from proof.reference import Reference
from proof.running import run
from proof.trial import Trial, trial

PAGE = mmap.PAGESIZE
FRESH = {
    "empty", "zeros", "full", "new_empty", "new_zeros", "new_full", "empty_like", "zeros_like",
    "clone", "contiguous",
}  # fmt: skip
NOBODY = 0  # PROT_NONE
_protect = ctypes.CDLL(None, use_errno=True).mprotect


def memory(size: int, *, at_end: bool) -> tuple[mmap.mmap, int]:
    """Pages between two that nobody may touch, and where in them `size` bytes begin."""
    pages = max(1, -(-size // PAGE))
    room = mmap.mmap(-1, (pages + 2) * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(room))
    for page in (0, pages + 1):
        if _protect(ctypes.c_void_p(start + page * PAGE), ctypes.c_size_t(PAGE), NOBODY):
            raise OSError(ctypes.get_errno(), "mprotect")
    room[PAGE : PAGE + pages * PAGE] = b"\xff" * (pages * PAGE)
    return room, PAGE + (pages * PAGE - size if at_end else 0)


def guarded(tensor: Tensor, *, at_end: bool, copy: bool = True) -> Tensor:
    """The same tensor between pages that nobody may touch; NaN where nothing is copied."""
    if not tensor.numel():
        return tensor
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    count = 1 + sum((size - 1) * stride for size, stride in steps)
    room, offset = memory(count * tensor.element_size(), at_end=at_end)
    flat = torch.frombuffer(room, dtype=tensor.dtype, count=count, offset=offset)
    view = flat.as_strided(tensor.shape, tensor.stride())
    return view.copy_(tensor) if copy else view


def guarded_rows(rows: Rows, *, at_end: bool) -> Rows:
    """The row table with every array between such pages."""

    def moved(array: np.ndarray) -> np.ndarray:
        room, offset = memory(array.nbytes, at_end=at_end)
        flat = np.frombuffer(room, dtype=array.dtype, count=array.size, offset=offset)
        flat[:] = array.reshape(-1)
        return flat.reshape(array.shape)

    arrays = {field.name: getattr(rows, field.name) for field in fields(rows)}
    arrays = {n: moved(v) for n, v in arrays.items() if isinstance(v, np.ndarray) and v.size}
    return replace(rows, **arrays)


class Guarded(TorchFunctionMode):
    """Whatever torch allocates within a kernel's call is guarded."""

    def __init__(self, *, at_end: bool) -> None:
        super().__init__()
        self.at_end, self.count = at_end, 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if torch.is_grad_enabled() or name not in FRESH or (args and made is args[0]):
            return made
        self.count += 1
        return guarded(made, at_end=self.at_end, copy="empty" not in name)


def under_guard(of: Trial) -> int:
    """A trial with guards behind everything, then before everything; guarded tensors made."""
    with np.errstate(all="ignore"):
        want = Reference(of).results()
    made = 0
    for at_end in (True, False):
        one = replace(of)
        one.__dict__.update(case=of.case, reset=of.reset)
        one.__dict__["rows"] = guarded_rows(of.rows, at_end=at_end)
        with Guarded(at_end=at_end) as mode:
            got = run(one, place=lambda t, end=at_end: guarded(t, at_end=end))
        same(of, got, want)
        made += mode.count
    return made


def main(first: int, count: int) -> None:
    """Run trials; the last line says which one was running, or how many tensors were guarded."""
    made = 0
    for seed in range(first, first + count):
        print(f"trial {seed}", flush=True)
        try:
            made += under_guard(trial(seed))
        except Undefined as why:
            print(f"undefined: {why}", flush=True)
    print(f"survived {made}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
