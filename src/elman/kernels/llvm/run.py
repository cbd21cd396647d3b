"""Calling compiled code: tensors in, tensors out, one frame filled in between.

Calls come in few kinds: the same shapes and strides, the same gradients wanted. What a kind decides
is worked out once, the layout of the one workspace included; of a call's own, little more is left
than the addresses of its tensors.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from elman.kernels.kernel import Packs
from elman.kernels.llvm import pool, reused, team
from elman.kernels.llvm.arithmetic import Arithmetic
from elman.kernels.llvm.frame import Address, Neighbor
from elman.kernels.llvm.machine import Code, Machine, compile_text
from elman.kernels.llvm.program import Program
from elman.kernels.rows import ADDRESSES, Rows
from elman.kernels.stages import Buffer, Group, Plan

Tensors = Mapping[str, Tensor]
CHUNK_ITEMS = 1024  # rows of time and batch that are worked on together outside the time loop
ALIGN = 64
# Multiplications below which one thread alone is as fast as two or faster: measured, two draw level
# between 2^19 and 2^21.
ALONE = 1 << 19
# Multiplications of a worker that are worth a meeting with the others: measured where the two ways
# draw level (a meeting takes a tenth of a microsecond, and then others' numbers are far away). So
# is that units are better shared than rows up to so many rows a thread, many more where matrices
# take so many bytes that each thread reads its part from far away.
MEETING = 3 << 12
FEW, FEW_OF_LARGE, LARGE = 2, 16, 1 << 23
SMALL = 1 << 17  # bytes of workspace that a thread keeps


class Bound(NamedTuple):
    """A tensor as a buffer: what `addresses` reads, in the order of the frame.

    `base`, `first` and `fresh` are names of tensors, whose addresses are put there.
    """

    base: str
    step_stride: int
    row_stride: int
    address: Address
    wrap: int = -1
    neighbor: Neighbor = Neighbor.HERE
    first: str = ""
    first_stride: int = 0
    fresh: str = ""


def by_step(name: str, tensor: Tensor, address: Address = Address.USER, **more: int | str) -> Bound:
    """A tensor of shape (T, B, size) or, packed, (items, 1, size); any strides but the last."""
    size = tensor.element_size()
    step, row, _ = tensor.stride()
    # torch says nothing of the stride of an axis of one; of packed data, rows are items too
    row = step if tensor.shape[1] == 1 else row
    return Bound(name, step * size, row * size, address, **more)  # pyright: ignore[reportArgumentType]


def by_row(name: str, tensor: Tensor) -> Bound:
    """A tensor of shape (B, size): the same at every step."""
    return Bound(name, 0, tensor.stride(0) * tensor.element_size(), Address.INNER, wrap=0)


@dataclass(frozen=True)
class Kind:
    """What calls of one kind have in common: the tensors behind buffers, matrices and sums.

    `buffers` are those of the caller, `sums` the tensors that are added to, by their names in the
    plan; `skipped` are stages that nobody needs.
    """

    buffers: Mapping[str, Bound]
    sums: Mapping[str, str] = field(default_factory=dict[str, str])
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Call:
    """What a call is about, besides its tensors."""

    rows: Rows
    sizes: Mapping[str, int]
    seed: int = 0
    stream: int = 0
    packs: Packs | None = None


@dataclass(frozen=True)
class Crowd:
    """Several members in one call: how many bytes behind one's tensors, in the order of their
    numbers, the next one's lie; and whether they are dealt out to the threads, or run one after the
    other on all of them.
    """

    members: int
    hops: tuple[int, ...]
    dealt: bool


def crowd(members: int, hops: tuple[int, ...]) -> Crowd:
    """How to run so many members: dealt out unless that leaves threads without work for long."""
    threads = pool.threads()
    return Crowd(members, hops, members % threads == 0 or members >= 4 * threads)


def fashion() -> tuple[int, int]:
    """How many threads there are for a call, and what one thread does alone."""
    return pool.threads(), ALONE


class Compiled:
    """Machine code of one plan for one type, and how to call it."""

    def __init__(
        self,
        plan: Plan,
        dtype: torch.dtype,
        machine: Machine,
        *,
        backwards: bool,
        pairs: bool = False,
    ) -> None:
        self.dtype = dtype
        self.plan = plan
        name = "f32" if dtype == torch.float32 else "f64"
        arithmetic = Arithmetic.of(machine, name, pairs=pairs)
        self.program = Program(plan, arithmetic, machine, backwards=backwards)
        self.layout = self.program.layout
        called = reused.compiled(self.program.reused, arithmetic, machine)
        self.code: Code = compile_text(
            self.program.own_text(), machine, {**pool.symbols(), **called}
        )
        self.entry = pool.Entry(self.code.address("run"))
        self.bytes = dtype.itemsize

    def __call__(self, form: Form, call: Call, addresses: Sequence[int]) -> None:
        """Run with the tensors at `addresses`, in the order of their numbers."""
        rows = call.rows
        if rows.steps == 0 or rows.rows == 0:
            return
        workspace = _workspace(form.bytes)
        frame = self.frame(form, call, addresses, workspace)
        if call.packs is None:
            self.entry(frame.buffer_info()[0], form.threads)
        else:
            memory = self._packed(frame, form, call.packs)
            self.entry(frame.buffer_info()[0], form.threads)
            call.packs.memory[self] = memory
        del workspace

    def many(self, form: Form, call: Call, addresses: Sequence[int], crowd: Crowd) -> None:
        """Run every member of a crowd; addresses are the first one's, and so is the seed."""
        rows, members = call.rows, crowd.members
        if rows.steps == 0 or rows.rows == 0:
            return
        threads = min(pool.threads(), members) if crowd.dealt else 1
        if self._work(call) * members < ALONE:
            threads = 1
        workspace = torch.empty(form.bytes * threads, dtype=torch.uint8, device="cpu")
        first = np.frombuffer(self.frame(form, call, addresses, workspace), dtype=np.int64)
        frames = np.tile(first, (members, 1))
        number = np.arange(members)
        hops = np.array([crowd.hops[number] for _, number in form.tensors], dtype=np.int64)
        frames[:, [word for word, _ in form.tensors]] += number[:, None] * hops
        frames[:, form.facts[-3]] += number  # the seed
        for worker in range(threads):
            own = team.share(members, threads, worker)
            frames[own.start : own.stop, list(form.inside)] += worker * form.bytes
        if crowd.dealt:
            team.call_many(frames, self.code.address("run"), threads, self.program.machine)
        else:
            for frame in frames:
                self.entry(frame.ctypes.data, form.threads)
        del workspace

    def frame(
        self, form: Form, call: Call, addresses: Sequence[int], workspace: Tensor
    ) -> array[int]:
        """The frame of one call, with nothing left open."""
        frame = form.frame[:]
        base = _up(workspace.data_ptr())
        for word in form.inside:
            frame[word] += base
        mode = 0 if form.threads == 1 else pool.floating_point_mode()
        for word, fact in zip(form.facts, call.rows.addresses, strict=False):
            frame[word] = fact
        frame[form.facts[-3]], frame[form.facts[-2]] = _signed(call.seed), call.stream
        frame[form.facts[-1]] = mode
        for word, number in form.tensors:
            frame[word] = addresses[number]
        return frame

    def _packed(self, frame: array[int], form: Form, packs: Packs) -> Tensor:
        """Have matrices laid out where they stay, or found there; the memory that must live on."""
        known = packs.memory.get(self)
        memory = torch.empty(form.packed_bytes, dtype=torch.uint8) if known is None else known
        frame[self.layout.slot("packed")] = known is not None
        base = _up(memory.data_ptr())
        for word, offset in form.packs:
            frame[word] = base + offset
        return memory

    def form(
        self, call: Call, kind: Kind, numbers: Mapping[str, int], crowd: Crowd | None = None
    ) -> Form:
        """Room for packed matrices, for the kernel's own buffers, and for every worker.

        `numbers` are those of the tensors that the kind names.
        """
        rows, slot, slots = call.rows, self.layout.slot, self.layout.slots
        threads, by_units = self._team(call, dealt=crowd is not None and crowd.dealt)
        frame = array("q", bytes(8 * self.layout.words))
        named: list[tuple[int, str]] = []  # (word, tensor)
        chunk = max(1, min(rows.steps, CHUNK_ITEMS // max(rows.rows, 1)))
        items = chunk * rows.rows
        places: list[tuple[int, int]] = []  # (word, bytes)
        for t in self.program.flat:
            units = call.sizes.get(t.group.products[0].size, 1)
            across = t.vectors * self.program.lanes
            terms = [call.sizes.get(operand.size, 1) for operand in t.group.operands]
            depth = sum(map(self.program.arithmetic.count, terms))
            panels = -(-units // across) * depth * t.width * self.program.lanes
            places.append((slot(f"pack {t.name}"), panels * self.bytes))
        packs = _laid_out(places)
        for index, buffer in enumerate(self.plan.buffers):
            word = self.layout.buffer_slot(index, "base")
            if buffer.name in kind.buffers:
                for at, fact in enumerate(kind.buffers[buffer.name], word):
                    if isinstance(fact, int):
                        frame[at] = fact
                    elif fact:
                        named.append((at, fact))
            else:
                places.append((word, self._own(frame, word, buffer, call, items)))
        last = self.layout.buffer_slot(self.layout.coordinates, "address")
        frame[last] = int(Address.COORDINATES)
        pointers = (len(self.plan.buffers) + 1) * items * 8
        scratch = _up(pointers)
        sums = _up(scratch + self.program.tile_bytes(call.sizes))
        worker = _up(sums + self.program.most_sums * items * self.program.lanes * self.bytes)
        places.append((slot("workers"), worker * threads))
        facts = {
            "steps": rows.steps, "rows": rows.rows, "dealt": not rows.whole, "chunk": chunk,
            "by_units": by_units,
            "items": items, "threads": threads, "worker_bytes": worker, "scratch": scratch,
            "sums": sums,
        }  # fmt: skip
        for name, fact in facts.items():
            frame[slot(name)] = fact
        for name, index in slots("size").items():
            frame[index] = call.sizes[name]
        for name, index in slots("skip").items():
            frame[index] = name in kind.skipped
        named += [(index, name) for name, index in slots("parameter").items()]
        named += [(i, kind.sums[name]) for name, i in slots("sum").items() if name in kind.sums]
        inside = _laid_out(places)
        for word, offset in inside:
            frame[word] = offset
        return Form(
            frame,
            tuple(slot(name) for name in (*ADDRESSES, "seed", "stream", "mode")),
            tuple((word, numbers[name]) for word, name in named),
            tuple(word for word, _ in inside),
            _bytes(places),
            threads,
            packs,
            _bytes(places[: len(packs)]),
        )

    def _team(self, call: Call, *, dealt: bool) -> tuple[int, bool]:
        """How many threads a call is worth, and whether they share the units of every stage, and
        not the rows: that keeps all of them busy however few rows there are, and each reads its own
        part of the matrices only, but they have to meet after every stage.
        """
        if dealt or self._work(call) < ALONE:
            return 1, False
        rows, threads = call.rows.rows, pool.threads()
        if not self.program.shares_units or threads > _processors():
            return min(threads, rows), False
        stages = self.plan.region("loop")
        matrices = sum(
            _weights(t.group, call.sizes)
            for stage in stages
            for t in self.program.tilings.get(stage.name, [])
        )
        each = matrices // max(len(stages), 1)
        team = min(threads, rows * each // MEETING)
        if matrices * self.bytes >= LARGE:
            few = FEW_OF_LARGE * threads
        else:
            few = FEW * threads if each >= FEW * threads * MEETING else threads - 1
        return (team, True) if team > 1 and rows <= few else (min(threads, rows), False)

    def _work(self, call: Call) -> int:
        """About how many multiplications a call is: an operation on a unit counts as one."""
        of = call.sizes
        each = sum(of.get(stage.size, 1) * len(stage.body) for stage in self.plan.stages)
        each += sum(_weights(t.group, of) for t in self.program.flat)
        for reduction in self.plan.reductions:
            each += len(reduction.terms) * prod(of.get(size, 1) for size in reduction.shape)
        return each * call.rows.steps * call.rows.rows

    def _own(self, frame: array[int], word: int, buffer: Buffer, call: Call, items: int) -> int:
        """Describe one of the kernel's own buffers; its size in bytes."""
        stride = call.sizes.get(buffer.size, 1) * self.bytes
        chunk = buffer.space == "chunk" or (buffer.space == "kept" and buffer in self.plan.early)
        count = items if chunk else 1 if buffer.space == "once" else call.rows.rows
        mode = Address.CHUNK if chunk else Address.ROW
        space = 0 if buffer.space == "once" else stride
        facts = (0, 0, space, mode, -1, Neighbor.HERE, 0, 0, 0)
        for at, fact in enumerate(facts, word):
            frame[at] = fact
        return count * stride


@dataclass(frozen=True)
class Form:
    """A frame as far as the kind of call decides it.

    Left open are the words of `facts` about the call, and those of `tensors` with the number of the
    tensor whose address goes there; `inside` are the words that point into the workspace, as
    offsets; it takes `bytes`. So many `threads` are worth while. `packs` are the words and offsets
    of matrices where they are kept, in `packed_bytes`.
    """

    frame: array[int]
    facts: tuple[int, ...]
    tensors: tuple[tuple[int, int], ...]
    inside: tuple[int, ...]
    bytes: int
    threads: int
    packs: tuple[tuple[int, int], ...]
    packed_bytes: int


class _Desk(threading.local):
    """Workspace for short calls, which each thread keeps: to ask for memory takes its time."""

    def __init__(self) -> None:
        self.memory = torch.empty(SMALL, dtype=torch.uint8, device="cpu")


_desk = _Desk()


def _workspace(size: int) -> Tensor:
    return _desk.memory if size <= SMALL else torch.empty(size, dtype=torch.uint8, device="cpu")


def _weights(group: Group, sizes: Mapping[str, int]) -> int:
    """The numbers in the matrices of a group."""
    depth = sum(sizes.get(operand.size, 1) for operand in group.operands)
    return len(group.products) * sizes.get(group.products[0].size, 1) * depth


@functools.cache
def _processors() -> int:
    """How many processors there are for this process."""
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known else os.cpu_count() or 1


def _laid_out(places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """(word, offset) for every (word, bytes), one behind the other."""
    ends = itertools.accumulate((_up(size) for _, size in places), initial=0)
    return tuple((word, offset) for (word, _), offset in zip(places, ends, strict=False))


def _bytes(places: Sequence[tuple[int, int]]) -> int:
    """Room for all of them, and to begin at an address that is aligned."""
    return sum(_up(size) for _, size in places) + ALIGN


def _up(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word
