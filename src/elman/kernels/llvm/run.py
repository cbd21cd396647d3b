"""Calling compiled code: tensors in, tensors out, one frame filled in between.

`Forward` and `Backward` bind a plan's buffers to tensors. Everything a call needs besides its
results lies in one workspace, laid out here, so a call allocates twice and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from elman.kernels.llvm import pool
from elman.kernels.llvm.frame import BUFFER_WORDS, Address, Neighbor
from elman.kernels.llvm.machine import Code, Machine, compile_text
from elman.kernels.llvm.program import Program
from elman.kernels.rows import Rows
from elman.kernels.stages import Buffer, Plan

Tensors = Mapping[str, Tensor]
CHUNK_ITEMS = 1024  # rows of time and batch that are worked on together outside the time loop
ALIGN = 64


@dataclass(frozen=True)
class Bound:
    """A tensor as a buffer: the words that `addresses` reads."""

    base: int
    step_stride: int
    row_stride: int
    address: Address
    wrap: int = -1
    neighbor: Neighbor = Neighbor.HERE
    first: int = 0
    first_stride: int = 0
    fresh: int = 0

    def words(self) -> tuple[int, ...]:
        """In the order of the frame."""
        return (
            self.base, self.step_stride, self.row_stride, int(self.address), self.wrap,
            int(self.neighbor), self.first, self.first_stride, self.fresh,
        )  # fmt: skip


def by_step(tensor: Tensor, address: Address = Address.USER, **more: int) -> Bound:
    """A tensor of shape (T, B, size) or, packed, (items, 1, size); any strides but the last."""
    size = tensor.element_size()
    step = tensor.stride(0) * size
    # torch says nothing of the stride of an axis of one; of packed data, rows are items too
    row = step if tensor.shape[1] == 1 else tensor.stride(1) * size
    return Bound(tensor.data_ptr(), step, row, address, **more)  # pyright: ignore[reportArgumentType]


def by_row(tensor: Tensor) -> Bound:
    """A tensor of shape (B, size): the same at every step."""
    return Bound(
        tensor.data_ptr(), 0, tensor.stride(0) * tensor.element_size(), Address.INNER, wrap=0
    )


@dataclass(frozen=True)
class Call:
    """What a call is about, besides its tensors."""

    rows: Rows
    sizes: Mapping[str, int]
    seed: int = 0
    stream: int = 0


class Compiled:
    """Machine code of one plan for one type, and how to call it."""

    def __init__(
        self, plan: Plan, dtype: torch.dtype, machine: Machine, *, backwards: bool
    ) -> None:
        self.dtype = dtype
        self.plan = plan
        self.program = Program(
            plan, "f32" if dtype == torch.float32 else "f64", machine, backwards=backwards
        )
        self.layout = self.program.layout
        self.text = self.program.text()
        self.code: Code = compile_text(self.text, machine, pool.symbols())
        self.entry = self.code.address("run")
        self.bytes = dtype.itemsize

    def __call__(
        self,
        call: Call,
        bound: Mapping[str, Bound],
        parameters: Tensors,
        sums: Tensors,
        skip: frozenset[str] = frozenset(),
    ) -> None:
        """Run. `bound` places every buffer of the caller; `sums` are zeroed tensors to add to."""
        rows = call.rows
        if rows.steps == 0 or rows.rows == 0:
            return
        threads = min(pool.threads(), max(1, rows.rows))
        frame = np.zeros(self.layout.words, dtype=np.int64)
        workspace = self._workspace(frame, call, bound, threads)
        slot = self.layout.slot
        tables = self._tables(frame, rows)
        for name, index in self.layout.slots("size").items():
            frame[index] = call.sizes[name]
        for name, index in self.layout.slots("parameter").items():
            frame[index] = parameters[name].data_ptr()
        for name, index in self.layout.slots("sum").items():
            frame[index] = sums[name].data_ptr() if name in sums else 0
        for name, index in self.layout.slots("skip").items():
            frame[index] = name in skip
        frame[slot("threads")], frame[slot("dealt")] = threads, not rows.whole
        frame[slot("mode")] = 0x1FA0 if not _flushes_denormals() else 0x9FE0
        frame[slot("seed")], frame[slot("stream")] = _signed(call.seed), call.stream
        pool.run(self.entry, frame.ctypes.data, threads)
        del workspace, tables

    def _tables(self, frame: np.ndarray, rows: Rows) -> list[np.ndarray]:
        """The row table's addresses."""
        slot = self.layout.slot
        held: list[np.ndarray] = []
        for name in ("active", "when", "start", "direction", "order", "length"):
            array: np.ndarray = getattr(rows, name)
            frame[slot(name)] = array.ctypes.data
            held.append(array)
        if rows.reset is not None:
            frame[slot("reset")] = rows.reset.ctypes.data
        frame[slot("steps")], frame[slot("rows")] = rows.steps, rows.rows
        return held

    def _workspace(
        self, frame: np.ndarray, call: Call, bound: Mapping[str, Bound], threads: int
    ) -> Tensor:
        """Room for packed matrices, for the kernel's own buffers, and for every worker."""
        rows, slot = call.rows, self.layout.slot
        chunk = max(1, min(rows.steps, CHUNK_ITEMS // rows.rows))
        items = chunk * rows.rows
        places: list[tuple[int, int]] = []  # (word, bytes)
        for t in self.program.flat:
            units = call.sizes.get(t.group.products[0].size, 1)
            across = t.vectors * self.program.lanes
            depth = sum(call.sizes.get(operand.size, 1) for operand in t.group.operands)
            panels = -(-units // across) * depth * t.width * self.program.lanes
            places.append((slot(f"pack {t.name}"), panels * self.bytes))
        for index, buffer in enumerate(self.plan.buffers):
            word = self.layout.buffer_slot(index, "base")
            if buffer.name in bound:
                frame[word : word + len(BUFFER_WORDS)] = bound[buffer.name].words()
            else:
                places.append((word, self._own(frame, word, buffer, call, items)))
        last = self.layout.buffer_slot(self.layout.coordinates, "address")
        frame[last] = int(Address.COORDINATES)
        pointers = (len(self.plan.buffers) + 1) * items * 8
        scratch = _up(pointers)
        sums = _up(scratch + self.program.tile_bytes)
        worker = _up(sums + self.program.most_sums * items * self.program.lanes * self.bytes)
        places.append((slot("workers"), worker * threads))
        frame[slot("chunk")], frame[slot("items")] = chunk, items
        frame[slot("worker_bytes")] = worker
        frame[slot("scratch")], frame[slot("sums")] = scratch, sums
        total = sum(_up(size) for _, size in places) + ALIGN
        workspace = torch.empty(total, dtype=torch.uint8, device="cpu")
        at = _up(workspace.data_ptr())
        for word, size in places:
            frame[word] = at
            at += _up(size)
        return workspace

    def _own(self, frame: np.ndarray, word: int, buffer: Buffer, call: Call, items: int) -> int:
        """Describe one of the kernel's own buffers; its size in bytes."""
        stride = call.sizes.get(buffer.size, 1) * self.bytes
        count = {"once": 1, "chunk": items}.get(buffer.space, call.rows.rows)
        mode = Address.CHUNK if buffer.space == "chunk" else Address.ROW
        words = Bound(0, 0, 0 if buffer.space == "once" else stride, mode).words()
        frame[word : word + len(BUFFER_WORDS)] = words
        return count * stride


def _up(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word


def _flushes_denormals() -> bool:
    """Whether this thread treats subnormal numbers as zero (torch.set_flush_denormal)."""
    return float(np.float32(1e-40) * np.float32(0.5)) == 0.0
