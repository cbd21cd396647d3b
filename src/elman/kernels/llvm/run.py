"""Calling compiled code: tensors in, tensors out, one frame filled in between.

Everything a call needs besides its results lies in one workspace, laid out here once for all calls
of one kind; of a call's own, little more is left than the addresses of its tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from elman.kernels.llvm import pool
from elman.kernels.llvm.frame import BUFFER_WORDS, Address, Neighbor
from elman.kernels.llvm.machine import Code, Machine, compile_text
from elman.kernels.llvm.program import Program
from elman.kernels.rows import ADDRESSES, Rows
from elman.kernels.stages import Buffer, Plan

Tensors = Mapping[str, Tensor]
CHUNK_ITEMS = 1024  # rows of time and batch that are worked on together outside the time loop
ALIGN = 64
FORMS = 64  # kinds of calls whose frames are remembered


class Bound(NamedTuple):
    """A tensor as a buffer: the words that `addresses` reads, in the order of the frame."""

    base: int
    step_stride: int
    row_stride: int
    address: Address
    wrap: int = -1
    neighbor: Neighbor = Neighbor.HERE
    first: int = 0
    first_stride: int = 0
    fresh: int = 0


def by_step(tensor: Tensor, address: Address = Address.USER, **more: int) -> Bound:
    """A tensor of shape (T, B, size) or, packed, (items, 1, size); any strides but the last."""
    size = tensor.element_size()
    step, row, _ = tensor.stride()
    # torch says nothing of the stride of an axis of one; of packed data, rows are items too
    row = step if tensor.shape[1] == 1 else row
    return Bound(tensor.data_ptr(), step * size, row * size, address, **more)  # pyright: ignore[reportArgumentType]


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
        self._forms: dict[object, _Form] = {}

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
        form = self._form(call, bound, threads)
        workspace = torch.empty(form.bytes, dtype=torch.uint8, device="cpu")
        slots = self.layout.slots
        words = [*rows.addresses, not rows.whole, _signed(call.seed), call.stream]
        words.append(0x9FE0 if _flushes_denormals() else 0x1FA0)
        words += [parameters[name].data_ptr() for name in slots("parameter")]
        words += [sums[name].data_ptr() if name in sums else 0 for name in slots("sum")]
        words += [name in skip for name in slots("skip")]
        for name in form.given:
            words += bound[name]
        frame = form.filled(words, _up(workspace.data_ptr()))
        pool.run(self.entry, frame.ctypes.data, threads)
        del workspace

    def _form(self, call: Call, bound: Mapping[str, Bound], threads: int) -> _Form:
        """The form for calls of one kind: as a rule, a layer is called with few."""
        rows = call.rows
        key = (rows.steps, rows.rows, threads, *call.sizes.values(), *bound)
        if key not in self._forms:
            if len(self._forms) >= FORMS:
                self._forms.clear()
            self._forms[key] = self._new_form(call, bound, threads)
        return self._forms[key]

    def _new_form(self, call: Call, bound: Mapping[str, Bound], threads: int) -> _Form:
        """Room for packed matrices, for the kernel's own buffers, and for every worker."""
        rows, slot, slots = call.rows, self.layout.slot, self.layout.slots
        frame = np.zeros(self.layout.words, dtype=np.int64)
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
            if buffer.name not in bound:
                word = self.layout.buffer_slot(index, "base")
                places.append((word, self._own(frame, word, buffer, call, items)))
        last = self.layout.buffer_slot(self.layout.coordinates, "address")
        frame[last] = int(Address.COORDINATES)
        pointers = (len(self.plan.buffers) + 1) * items * 8
        scratch = _up(pointers)
        sums = _up(scratch + self.program.tile_bytes)
        worker = _up(sums + self.program.most_sums * items * self.program.lanes * self.bytes)
        places.append((slot("workers"), worker * threads))
        frame[slot("steps")], frame[slot("rows")] = rows.steps, rows.rows
        frame[slot("chunk")], frame[slot("items")] = chunk, items
        frame[slot("threads")], frame[slot("worker_bytes")] = threads, worker
        frame[slot("scratch")], frame[slot("sums")] = scratch, sums
        for name, index in slots("size").items():
            frame[index] = call.sizes[name]
        at = 0
        for word, size in places:
            frame[word] = at
            at += _up(size)
        open_ = [slot(name) for name in (*ADDRESSES, "dealt", "seed", "stream", "mode")]
        for kind in ("parameter", "sum", "skip"):
            open_ += slots(kind).values()
        given = [buffer.name for buffer in self.plan.buffers if buffer.name in bound]
        for name in given:
            first = self.layout.buffer_slot(self.layout.buffers[name], "base")
            open_ += range(first, first + len(BUFFER_WORDS))
        inside = np.array([word for word, _ in places], dtype=np.intp)
        return _Form(frame, given, inside, np.array(open_, dtype=np.intp), at + ALIGN)

    def _own(self, frame: np.ndarray, word: int, buffer: Buffer, call: Call, items: int) -> int:
        """Describe one of the kernel's own buffers; its size in bytes."""
        stride = call.sizes.get(buffer.size, 1) * self.bytes
        count = {"once": 1, "chunk": items}.get(buffer.space, call.rows.rows)
        mode = Address.CHUNK if buffer.space == "chunk" else Address.ROW
        words = Bound(0, 0, 0 if buffer.space == "once" else stride, mode)
        frame[word : word + len(BUFFER_WORDS)] = words
        return count * stride


@dataclass(frozen=True)
class _Form:
    """A frame as far as sizes alone decide it: what is left open differs from call to call.

    `given` are the buffers of the caller; `inside` the words that point into the workspace, as
    offsets; it takes `bytes`.
    """

    frame: np.ndarray
    given: list[str]
    inside: np.ndarray
    open: np.ndarray
    bytes: int

    def filled(self, words: list[int], workspace: int) -> np.ndarray:
        """The frame of one call."""
        frame = self.frame.copy()
        frame[self.inside] += workspace
        frame[self.open] = words
        return frame


def _up(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word


def _flushes_denormals() -> bool:
    """Whether this thread treats subnormal numbers as zero (torch.set_flush_denormal)."""
    return float(np.float32(1e-40) * np.float32(0.5)) == 0.0
