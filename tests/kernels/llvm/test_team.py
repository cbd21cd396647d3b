"""Calls dealt out to threads: every frame once, on as many threads as were asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.kernels.llvm import team
from elman.kernels.llvm.machine import Machine, compile_text
from elman.kernels.llvm.text import Function

# a function that adds its frame's second number to the first, and notes which thread did so
TEXT = """
declare i32 @omp_get_thread_num()
define void @note(ptr %frame) {
  %second = getelementptr i64, ptr %frame, i64 1
  %third = getelementptr i64, ptr %frame, i64 2
  %a = load i64, ptr %frame
  %b = load i64, ptr %second
  %sum = add i64 %a, %b
  store i64 %sum, ptr %frame
  %thread = call i32 @omp_get_thread_num()
  %wide = sext i32 %thread to i64
  store i64 %wide, ptr %third
  ret void
}
"""


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_every_frame_is_called_once_by_the_worker_whose_share_it_is(count, threads):
    if threads > 1 and team.pool.threads() == 1 and torch.get_num_threads() > 1:
        pytest.skip("there is no pool")
    machine = Machine.host()
    code = compile_text(
        TEXT, machine, {"omp_get_thread_num": team.pool.symbols()["omp_get_thread_num"]}
    )
    frames = np.array([[100, number, -1] for number in range(count)], dtype=np.int64)
    team.call_many(frames, code.address("note"), threads, machine)
    assert frames[:, 0].tolist() == [100 + number for number in range(count)]
    for worker in range(threads):
        own = team.share(count, threads, worker)
        assert set(frames[own.start : own.stop, 2]) <= {worker}


def test_shares_are_everything_once():
    for count in range(12):
        for threads in range(1, 5):
            every = [call for n in range(threads) for call in team.share(count, threads, n)]
            assert every == list(range(count))


def rounds(machine: Machine, meetings: int) -> str:
    """`run(frame)`: every worker adds one to its own number, 1,000 times, and looks at whether all
    others have as many; between the two, and after the look, all meet. What differs is counted.
    """
    f = Function("run", "ptr %frame", attributes="noinline optnone nounwind", private=False)
    team.who_am_i(f, f.load("i64", "%frame", "threads"))
    counter, own = f.at("%frame", "8", "i64"), f.at("%frame", "16", "i64")
    mine = f.at(own, f.op("mul", "%part", "8"), "i64")
    with f.loop("round", "0", "1000") as number:
        f.line(f"store i64 {number}, ptr {mine}")
        if meetings:
            f.line(f"call void @meet(ptr {counter}, i64 %parts)")
        with f.loop("other", "0", "%parts") as other:
            seen = f.load("i64", f.at(own, f.op("mul", other, "8"), "i64"), "seen")
            with f.when(f.let("differs", f"icmp ne i64 {seen}, {number}")):
                wrong = f.at("%frame", "1", "i64")
                f.let("old", f"atomicrmw add ptr {wrong}, i64 1 monotonic")
        if meetings > 1:
            f.line(f"call void @meet(ptr {counter}, i64 %parts)")
    return "\n\n".join([team.POOL, team.MODE, team.meet(machine), f.text()])


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_nobody_goes_on_before_all_have_met(threads):
    if team.pool.threads() == 1 and torch.get_num_threads() > 1:
        pytest.skip("there is no pool")
    machine = Machine.host()
    wrong = []
    for meetings in (2, 0):
        code = compile_text(rounds(machine, meetings), machine, team.pool.symbols())
        frame = np.zeros(16 + 8 * threads, dtype=np.int64)
        frame[0] = threads
        team.pool.Entry(code.address("run"))(frame.ctypes.data, threads)
        wrong.append(frame[1])
        assert frame[8] == 1000 * threads * meetings
    assert wrong[0] == 0 < wrong[1]
