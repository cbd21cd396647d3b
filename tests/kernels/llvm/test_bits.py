"""The same bits for any number of threads and whatever is in the batch; no row is ever lost."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from elman.kernels.llvm import pool, run
from elman.kernels.llvm.machine import Machine, compile_text
from elman.kernels.llvm.text import Function
from elman.layers.recurrent import Recurrent

PROGRAM = """
import os, torch
from elman import Recurrent
torch.manual_seed(0); torch.set_num_threads(2)
layer = Recurrent("gru", 20, 33); x = torch.randn(37, 13, 20)
other = Recurrent("gru", 20, 33, target="eager"); other.load_state_dict(layer.state_dict())
ours = layer(x)[0].detach()
assert torch.allclose(ours, other(x)[0], atol=1e-5)
wide, one = Recurrent("gru", 8, 256), torch.randn(20, 1, 8)  # threads share its units
much = wide(one)[0].detach()
child = os.fork()
if child == 0:
    os._exit(0 if torch.equal(layer(x)[0], ours) and torch.equal(wide(one)[0], much) else 1)
assert os.waitpid(child, 0)[1] == 0
assert torch.equal(layer(x)[0], ours)
"""


FIRST_CALLS = """
import torch, threading, elman
layer, x = elman.LSTM(5, 6), torch.randn(7, 3, 5)
found, start = [], threading.Barrier(4)
def call():
    start.wait()
    y = layer(x)[0]
    y.sum().backward()
    found.append(y.detach())
threads = [threading.Thread(target=call) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(found) == 4 and all(torch.equal(y, found[0]) for y in found)
"""


def test_the_first_calls_of_a_cell_may_come_from_several_threads():
    subprocess.run([sys.executable, "-c", FIRST_CALLS], check=True, timeout=100)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_threads_and_company_change_no_bit(name):
    torch.manual_seed(0)
    layer = Recurrent(name, 20, 33, num_layers=2)
    x = torch.randn(37, 13, 20, requires_grad=True)
    seed = torch.randn(37, 13, 33)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            y, _ = layer(x)
            found.append([y, *torch.autograd.grad(y, [x, *layer.parameters()], seed)])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))
    alone, _ = layer(x[:, 5:6])
    (gx,) = torch.autograd.grad(alone, [x], seed[:, 5:6])
    assert torch.equal(alone, found[0][0][:, 5:6])
    assert torch.equal(gx[:, 5], found[0][1][:, 5])


def test_what_a_row_adds_up_over_its_steps_does_not_hang_on_the_others():
    # alone, all steps of a row are one chunk; beside others they are several
    torch.manual_seed(0)
    layer = Recurrent("static v[F]\nh' = tanh(W x + U h + V v)", 3, 9, sizes={"F": 4})
    x, static = torch.randn(400, 9, 3), torch.randn(9, 4, requires_grad=True)
    seed = torch.randn(400, 9, 9)
    (want,) = torch.autograd.grad(layer(x, static={"v": static})[0], [static], seed)
    one = static[2:3].detach().requires_grad_()
    y, _ = layer(x[:, 2:3], static={"v": one})
    (found,) = torch.autograd.grad(y, [one], seed[:, 2:3])
    assert torch.equal(found[0], want[2])


@pytest.mark.parametrize("backwards", [False, True])
def test_threads_far_apart_in_a_ragged_batch_do_not_meet(backwards):
    # several chunks of time, and rows so uneven that one thread runs ahead of the other
    torch.manual_seed(0)
    layer = Recurrent("lstm", 64, 64, bidirectional=backwards)
    lengths = torch.tensor([128] * 4 + [70, 33, 20, 3, 2, 1] * 4 + [1, 1, 1, 1])
    x = torch.randn(128, 32, 64)
    seed = torch.randn(128, 32, layer.output_size)

    def results() -> list[torch.Tensor]:
        y, _ = layer(x, lengths=lengths)
        return [y, *torch.autograd.grad(y, list(layer.parameters()), seed)]

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        want = results()
        torch.set_num_threads(2)
        for _ in range(20):
            assert all(torch.equal(a, b) for a, b in zip(results(), want, strict=True))
    finally:
        torch.set_num_threads(before)


def test_carrying_the_state_is_running_on():
    torch.manual_seed(0)
    layer = Recurrent("lstm", 4, 7)
    x = torch.randn(11, 3, 4)
    whole, last = layer(x)
    first, between = layer(x[:5])
    second, end = layer(x[5:], between)
    assert torch.equal(torch.cat([first, second]), whole)
    assert all(torch.equal(a, b) for a, b in zip(last, end, strict=True))


def test_a_call_with_little_to_do_wakes_nobody(monkeypatch):
    asked = []
    real = pool.Entry.__call__
    monkeypatch.setattr(pool.Entry, "__call__", lambda *a: (asked.append(a[2]), real(*a)))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        layer = Recurrent("gru", 20, 33)
        for steps in (1, 100):
            layer(torch.randn(steps, 13, 20))
    finally:
        torch.set_num_threads(before)
    assert asked == [1, 2]


@pytest.mark.parametrize(
    ("name", "rows", "processors", "team"),
    [
        ("gru", 1, 2, (2, True)),
        ("gru", 3, 2, (2, True)),
        ("gru", 9, 2, (2, False)),
        ("gru", 1, 1, (1, False)),  # who waits awake for one without a processor waits long
        ("gru_layernorm", 1, 2, (1, False)),  # what is summed over units is not shared
        ("gru_layernorm", 3, 2, (2, False)),
    ],
)
def test_few_rows_of_a_wide_layer_share_its_units(name, rows, processors, team, monkeypatch):
    asked, found = [], []
    real = run.Compiled._team
    monkeypatch.setattr(run, "_processors", lambda: processors)
    monkeypatch.setattr(
        run.Compiled, "_team", lambda *a, **k: (asked.append(real(*a, **k)), asked[-1])[1]
    )
    layer = Recurrent(name, 8, 256)
    x = torch.randn(20 + processors, rows, 8, requires_grad=True)
    before = torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            y, _ = layer(x)
            found.append([y, *torch.autograd.grad(y.sum(), [x, *layer.parameters()])])
    finally:
        torch.set_num_threads(before)
    assert asked == [(1, False)] * 2 + [team] * 2
    assert all(map(torch.equal, *found))


@pytest.mark.parametrize("limit", ["", "1"])
def test_no_row_is_lost_with_fewer_threads_than_asked_or_after_a_fork(limit):
    environment = {**os.environ, **({"OMP_THREAD_LIMIT": limit} if limit else {})}
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=100, env=environment)


def test_generated_text_runs():
    f = Function("run", "ptr %frame", attributes="nounwind", private=False)
    with f.loop("i", "0", "5") as i:
        f.line(f"store i64 {f.op('mul', i, i)}, ptr {f.at('%frame', i, 'i64')}")
    code = compile_text(f.text(), Machine.host(), {})
    out = torch.zeros(5, dtype=torch.int64)
    code.function("run")(out.data_ptr())
    assert out.tolist() == [0, 1, 4, 9, 16]
