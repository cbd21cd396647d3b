"""Calls dealt out to threads: every frame once, on as many threads as were asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.kernels.llvm import team
from elman.kernels.llvm.machine import Machine, compile_text

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
