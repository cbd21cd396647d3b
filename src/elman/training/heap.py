"""Memory that a step of a training frees is kept for the next step.

glibc gives what lies free at the end of the heap back to the system, and the system hands it out
again page by page, each filled with zeros: of a translator's step that is an eighth. Pieces above
32 MB are left to the system all the same. To keep them saves nothing more, and on the heap an
aligned piece that is freed below another one has no room for its like (glibc before 2.38), so that
the heap would grow with each step.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Generator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)
MOST = 2**31 - 1  # bytes: what mallopt can be told
# bytes: up to here glibc itself raises both while a program runs that says nothing
USUAL_TRIM, USUAL_MMAP = 64 * 2**20, 32 * 2**20


@contextmanager
def kept_memory() -> Generator[None]:
    """A block in which what is freed stays with the process. At its end it goes back to the system.
    Where the C library is not glibc, nothing is different.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not (hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim")):
        yield
        return
    libc.mallopt(MMAP_THRESHOLD, USUAL_MMAP)
    libc.mallopt(TRIM_THRESHOLD, MOST)
    try:
        yield
    finally:
        libc.mallopt(TRIM_THRESHOLD, USUAL_TRIM)
        libc.malloc_trim(0)
