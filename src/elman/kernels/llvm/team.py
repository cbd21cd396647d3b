"""The threads of a pool in generated code: who a worker is, and calls that are dealt out whole.

Many calls of the same code, each small, are better done one on each thread at a time than each on
all of them: `run_many` runs the frames of a list, every worker its share.
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from elman.kernels.llvm import pool
from elman.kernels.llvm.machine import Code, Machine, compile_text
from elman.kernels.llvm.text import GLUE, Function

POOL = """; the pool
declare i32 @omp_get_thread_num()
declare i32 @omp_get_num_threads()
declare void @GOMP_barrier()
declare i32 @sched_yield()"""
PATIENCE = 4096  # looks at a counter before the processor is lent to others
MODE = """; the floating-point mode of the caller, taken on by every worker; a rest while waiting
declare void @llvm.x86.sse2.pause()
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)"""
LIST = ("frames", "bytes", "count", "threads", "mode", "run")


def take_mode(f: Function, mode: str, threads: str) -> None:
    """Remember this thread's floating-point mode, and take on another one if there is a team."""
    f.line("%mode = alloca i32")
    f.line("%own_mode = alloca i32")
    f.line("call void @llvm.x86.sse.stmxcsr(ptr %own_mode)")
    f.line(f"store i32 {f.let('mode32', f'trunc i64 {mode} to i32')}, ptr %mode")
    with f.when(f.let("many", f"icmp ne i64 {threads}, 1"), "team"):
        f.line("call void @llvm.x86.sse.ldmxcsr(ptr %mode)")


def give_mode_back(f: Function) -> None:
    """Have the mode again that was remembered."""
    f.line("call void @llvm.x86.sse.ldmxcsr(ptr %own_mode)")


def who_am_i(f: Function, threads: str) -> None:
    """%part of %parts. One thread asks nobody."""
    before = f.here
    single = f.let("single", f"icmp eq i64 {threads}, 1")
    f.line(f"br i1 {single}, label %alone, label %team")
    f.place("team")
    number = f.let("number", "call i32 @omp_get_thread_num()")
    total = f.let("total", "call i32 @omp_get_num_threads()")
    number, total = (f.let("wide", f"sext i32 {n} to i64") for n in (number, total))
    f.go("alone")
    f.place("alone")
    f.line(f"%part = phi i64 [0, %{before}], [{number}, %team]")
    f.line(f"%parts = phi i64 [1, %{before}], [{total}, %team]")


def meet(machine: Machine) -> str:
    """`meet(counter, parts)`: wait until all workers have come; what they wrote can be read then.

    The counter is nought when they begin, and is never turned back. Workers wait awake, which
    GOMP_barrier does not promise: this is for meetings after every stage of a step. Whoever waits
    long lends the processor to others.
    """
    f = Function("meet", "ptr %counter, i64 %parts", attributes="noinline nounwind")
    before = f.let("before", "atomicrmw add ptr %counter, i64 1 acq_rel")
    round_ = f.op("add", f.op("sdiv", before, "%parts"), "1", "round")
    all_ = f.op("mul", round_, "%parts", "all")
    f.line("br label %look")
    f.place("look")
    f.line("%looks = phi i64 [0, %entry], [%looks.next, %again], [0, %yield]")
    come = f.let("come", "load atomic i64, ptr %counter acquire, align 8")
    there = f.let("there", f"icmp sge i64 {come}, {all_}")
    f.line(f"br i1 {there}, label %done, label %wait")
    f.place("wait")
    f.line("%looks.next = add i64 %looks, 1")
    tired = f.let("tired", f"icmp sge i64 %looks.next, {PATIENCE}")
    f.line(f"br i1 {tired}, label %yield, label %again")
    f.place("yield")
    f.line("call i32 @sched_yield()")
    f.line("br label %look")
    f.place("again")
    if machine.is_x86:
        f.line("call void @llvm.x86.sse2.pause()")
    f.line("br label %look")
    f.place("done")
    return f.text()


def run_many(machine: Machine) -> str:
    """A module: `run_many(list)` calls a function with every frame, each worker with its share."""
    f = Function("run_many", "ptr %list", attributes=GLUE, private=False)
    facts = {name: f.load("i64", f.at("%list", str(i), "i64"), name) for i, name in enumerate(LIST)}
    frames, run = (f.let("pointer", f"inttoptr i64 {facts[n]} to ptr") for n in ("frames", "run"))
    if machine.is_x86:
        take_mode(f, facts["mode"], facts["threads"])
    who_am_i(f, facts["threads"])
    first, end = f.share(facts["count"])
    with f.loop("call", first, end) as index:
        f.line(f"call void {run}(ptr {f.at(frames, f.op('mul', index, facts['bytes']))})")
    if machine.is_x86:
        give_mode_back(f)
    return "\n\n".join([POOL, *([MODE] if machine.is_x86 else []), f.text()])


def share(count: int, threads: int, number: int) -> range:
    """The calls that a worker makes."""
    return range(count * number // threads, count * (number + 1) // threads)


_compiled: dict[Machine, tuple[Code, pool.Entry]] = {}
_lock = Lock()


def call_many(frames: np.ndarray, run: int, threads: int, machine: Machine) -> None:
    """Call the function at an address with every frame (a row of int64), on so many threads."""
    with _lock:
        if machine not in _compiled:
            code = compile_text(run_many(machine), machine, pool.symbols())
            _compiled[machine] = code, pool.Entry(code.address("run_many"))
    entry = _compiled[machine][1]
    mode = 0 if threads == 1 else pool.floating_point_mode()
    facts = (frames.ctypes.data, frames.strides[0], len(frames), threads, mode, run)
    listed = np.array(facts, dtype=np.int64)
    entry(listed.ctypes.data, threads)
