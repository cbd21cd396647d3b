"""Running compiled code on torch's own OpenMP threads.

A pool of one's own would fight with torch's waiting workers, so kernels borrow torch's: the library
that `libtorch_cpu` is linked to is asked for `GOMP_parallel`. Where there is none (another OpenMP,
or no OpenMP), kernels run on one thread. A forked child stays on one thread too: the pool does not
survive the fork.
"""

from __future__ import annotations

import ctypes
import functools
import os
from pathlib import Path

import numpy as np
import torch

_SYMBOLS = (
    "GOMP_parallel", "GOMP_barrier", "omp_get_thread_num", "omp_get_num_threads", "sched_yield",
)  # fmt: skip
_forked = False


def _after_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@functools.cache
def _library() -> ctypes.CDLL | None:
    folder = Path(torch.__file__).parent / "lib"
    for name in ("libtorch_cpu.so", "libtorch_cpu.dylib"):
        if (folder / name).exists():
            library = ctypes.CDLL(str(folder / name))
            if all(hasattr(library, symbol) for symbol in _SYMBOLS):
                return library
    return None


@functools.cache
def symbols() -> dict[str, int]:
    """The addresses that generated code calls; a dummy where there is no pool (never called)."""
    library = _library()
    if library is None:
        return dict.fromkeys(_SYMBOLS[1:], 1)
    found = {name: ctypes.cast(getattr(library, name), ctypes.c_void_p) for name in _SYMBOLS[1:]}
    return {name: pointer.value or 1 for name, pointer in found.items()}


def threads() -> int:
    """How many threads a kernel may ask for here and now."""
    if _forked or _library() is None:
        return 1
    return torch.get_num_threads()


class Entry:
    """A function of one pointer, called on every thread of a parallel region, or here `alone`."""

    def __init__(self, address: int) -> None:
        self._address = ctypes.c_void_p(address)
        self.alone = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)

    def __call__(self, pointer: int, threads: int) -> None:
        """Call it, without Python's lock."""
        if threads == 1:
            self.alone(pointer)
            return
        library = _library()
        assert library is not None
        library.GOMP_parallel(
            self._address, ctypes.c_void_p(pointer), ctypes.c_uint(threads), ctypes.c_uint(0)
        )


def floating_point_mode() -> int:
    """The mode of this thread, as workers take it on: x86's MXCSR.

    Subnormal numbers are treated as zero where torch.set_flush_denormal says so.
    """
    flushes = float(np.float32(1e-40) * np.float32(0.5)) == 0.0
    return 0x9FE0 if flushes else 0x1FA0
