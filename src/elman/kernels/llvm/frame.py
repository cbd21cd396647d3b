"""The frame: one array of 64-bit words that tells compiled code everything about a call.

Sizes, strides and addresses are run-time values, so that a kernel is compiled once for all T, B, D
and H. `Layout` gives every fact its word; the generated code reads them, `run` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from elman.kernels.llvm.text import Function
from elman.kernels.stages import Buffer, Plan

HEADER = (
    "steps", "rows", "chunk", "threads", "mode", "items", "elements",
    "workers", "worker_bytes", "scratch", "sums",
    "active", "when", "start", "direction", "order", "length", "reset",
    "seed", "stream", "dealt", "packed", "by_units",
)  # fmt: skip


class Address(IntEnum):
    """How the address of a buffer's row follows from row r and step t."""

    ROW = 0  # base + r * row_stride
    CHUNK = 1  # base + ((t - first step of the chunk) * rows + r) * row_stride
    USER = 2  # base + when[place(t, r)] * step_stride + order[r] * row_stride
    INNER = 3  # base + (t & wrap) * step_stride + order[r] * row_stride
    COORDINATES = 4  # no address: the original row and place, for random bits


class Neighbor(IntEnum):
    """Which step's value is meant, and what stands in for a missing neighbor."""

    HERE = 0
    BEFORE = 1  # t - 1; `fresh` after a reset, `first` at the start of the row
    AFTER = 2  # t + 1; `fresh` before a reset, `first` at the end of the row
    GUARDED = 3  # t; `fresh` (to be thrown away) at a reset


LINE = 8  # words of a line of the cache
BUFFER_WORDS = (
    "base", "step_stride", "row_stride", "address", "wrap", "neighbor", "first", "first_stride",
    "fresh",
)  # fmt: skip


def fact(f: Function, name: str, kind: str = "i64") -> str:
    """Read a fact of the header."""
    return f.load(kind, f.at("%frame", str(HEADER.index(name)), "i64"), name)


class Layout:
    """Which word of the frame holds which fact."""

    def __init__(self, plan: Plan, sizes: Iterable[str], groups: Iterable[str]) -> None:
        self.plan = plan
        self._slots: dict[str, int] = {}
        self._kinds: dict[str, dict[str, int]] = {}
        for name in HEADER:
            self._add(name)
        for size in sizes:
            self._add(f"size {size}")
        for leaf in plan.step.parameters:
            self._add(f"parameter {leaf.name}")
        for group in groups:
            self._add(f"pack {group}")
        for reduction in plan.reductions:
            self._add(f"sum {reduction.name}")
        for stage in plan.stages:
            self._add(f"skip {stage.name}")
        self.buffers = {buffer.name: index for index, buffer in enumerate(plan.buffers)}
        self.coordinates = len(self.buffers)
        self._first_buffer = len(self._slots)
        end = self._first_buffer + (self.coordinates + 1) * len(BUFFER_WORDS)
        self.meeting = end + LINE  # in a line of its own: workers write it while others read
        self.words = self.meeting + LINE

    def _add(self, name: str) -> None:
        self._slots[name] = len(self._slots)

    def slot(self, name: str) -> int:
        """The word of a fact."""
        return self._slots[name]

    def slots(self, kind: str) -> dict[str, int]:
        """All words of one kind (`size`, `parameter`, `pack`, `sum`, `skip`) by name."""
        if kind not in self._kinds:  # asked at every call
            start = kind + " "
            found = {k[len(start) :]: v for k, v in self._slots.items() if k.startswith(start)}
            self._kinds[kind] = found
        return self._kinds[kind]

    def buffer_slot(self, index: int, word: str) -> int:
        """The word of a fact about a buffer."""
        return self._first_buffer + index * len(BUFFER_WORDS) + BUFFER_WORDS.index(word)

    # -- reading it in generated code ----------------------------------------------------------

    def load(self, f: Function, name: str, kind: str = "i64") -> str:
        """Read a fact."""
        if name == "size 1":
            return "1"
        hint = "".join(c if c.isalnum() else "_" for c in name)
        return f.load(kind, f.at("%frame", str(self.slot(name)), "i64"), hint)

    def size(self, f: Function, size: str) -> str:
        """Read a size."""
        return self.load(f, f"size {size}")

    def pointers(self, f: Function, buffer: Buffer | int, items: str) -> str:
        """Where the row pointers of a buffer start; `items` is their number per buffer."""
        index = buffer if isinstance(buffer, int) else self.buffers[buffer.name]
        return f.at("%pointers", f.op("mul", items, str(index)), "ptr", "rows")
