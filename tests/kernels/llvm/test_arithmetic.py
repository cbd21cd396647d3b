"""Products of pairs of bf16: rounding, remainders of every size, and the instruction itself."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
import torch

from elman import Ensemble, Recurrent, cells
from elman.derive import keep, reverse
from elman.errors import ConfigError, KernelError
from elman.kernels.llvm.arithmetic import Arithmetic, round_rows
from elman.kernels.llvm.functions import declarations
from elman.kernels.llvm.machine import Machine, assembly, compile_text
from elman.kernels.llvm.program import Program
from elman.kernels.llvm.text import Function
from elman.kernels.stages import lower
from zoo import WIDTHS

# numbers that differ in their last place may be rounded to neighbors in bf16, and that is carried
# on; products that are not rounded at all are wrong by 4e-3
NEAR = 5e-4
SHAPES = ((5, 3, 7, 9), (1, 1, 1, 1), (3, 1, 64, 17), (7, 65, 33, 40), (15, 5, 2, 130))


def relative(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).norm() / other.norm().clamp_min(1e-9))


def everything(net: Recurrent, shape: tuple[int, ...]) -> list[torch.Tensor]:
    torch.manual_seed(2)
    x = torch.randn(*shape[:3], requires_grad=True)
    y, _ = net(x)
    (y * torch.randn_like(y)).sum().backward()
    assert x.grad is not None
    return [y.detach(), x.grad, *(p.grad for p in net.parameters() if p.grad is not None)]


def pair(cell: str, shape: tuple[int, ...], **more: object) -> tuple[Recurrent, Recurrent]:
    torch.manual_seed(1)
    one = Recurrent(cell, shape[2], shape[3], precision="bf16", target="llvm")
    other = Recurrent(cell, shape[2], shape[3], **{"precision": "bf16", "target": "eager", **more})
    other.load_state_dict(one.state_dict())
    return one, other


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_are_rounded_as_torch_rounds_them(width, rng):
    machine = Machine.host().narrowed(width)
    a = Arithmetic.of(machine, "f32", pairs=True)
    f = Function("run", "ptr %from, ptr %to, i64 %n", attributes="nounwind", private=False)
    v = a.lines(f)
    with f.loop("i", "0", "%n", str(v.lanes)) as i:
        x = f.let("x", f"load {v.kind}, ptr {f.at('%from', i, v.scalar)}, align 4")
        f.line(f"store <{v.lanes} x i16> {a.short(v, x)}, ptr {f.at('%to', i, 'i16')}, align 2")
    code = compile_text(declarations("f32", v.lanes) + "\n" + f.text(), machine, {})
    bits = rng.integers(0, 2**32, 2**18, dtype=np.uint32)
    bits[:6] = [0x7F800001, 0xFFFFFFFF, 0x7F7FFFFF, 0x3F808000, 0x3F818000, 0x80000000]
    if a.native:  # the instruction takes numbers too small to be normal for zeros
        bits = bits[(bits & 0x7F800000 != 0) | (bits << 1 == 0)][: 2**17]
    found = np.zeros(len(bits), np.int16)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    call(code.address("run"))(bits.ctypes.data, found.ctypes.data, len(bits))
    want = torch.from_numpy(bits.view(np.float32)).bfloat16()
    got = torch.from_numpy(found).view(torch.bfloat16)

    assert torch.equal(got.isnan(), want.isnan())
    numbers = ~want.isnan()
    assert torch.equal(got.view(torch.int16)[numbers], want.view(torch.int16)[numbers])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "lstm_peephole", "gru_layernorm"])
def test_products_and_gradients_are_those_of_rounded_numbers(cell, shape):
    if "layernorm" in cell and shape[3] < 7:
        pytest.skip("a layer norm of one unit is zero")
    ours, theirs = (everything(net, shape) for net in pair(cell, shape))

    assert max(map(relative, ours, theirs)) < NEAR


def test_without_rounding_it_would_be_seen():
    rounded, full = pair("lstm", SHAPES[0], precision="full", target="llvm")

    assert min(map(relative, everything(rounded, SHAPES[0]), everything(full, SHAPES[0]))) > NEAR


@pytest.mark.parametrize("terms", [1, 2, 127, 128, 129, 255, 257])
def test_sums_of_whole_numbers_are_exact(terms):
    net = Recurrent("y = W x\nh' = h", terms, 19, precision="bf16", target="llvm")
    weights = net.layers[0].W
    weights.data = torch.randint(-9, 10, weights.shape).float()
    x = torch.randint(-9, 10, (3, 50, terms)).float()
    x.requires_grad_()
    y, _ = net(x)
    arrived = torch.randint(-3, 4, y.shape).float()
    y.backward(arrived)

    assert torch.equal(y, x @ weights.T)
    assert torch.equal(x.grad, arrived @ weights)
    assert torch.equal(weights.grad, arrived.flatten(0, 1).T @ x.flatten(0, 1))


def test_bits_depend_neither_on_threads_nor_on_company():
    net, x = Recurrent("lstm", 20, 33, precision="bf16", target="llvm"), torch.randn(37, 13, 20)
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            found.append(everything(net, (37, 13, 20)))
            net.zero_grad()
    finally:
        torch.set_num_threads(before)
    assert all(
        torch.equal(a, b) for other in found[1:] for a, b in zip(found[0], other, strict=True)
    )
    assert torch.equal(net(x)[0][:, 4:5], net(x[:, 4:5])[0])


def test_steps_and_members_give_the_bits_of_whole_calls():
    net, x = Recurrent("gru", 6, 10, precision="bf16"), torch.randn(4, 3, 6)
    with torch.no_grad():
        whole = net(x)[0]
    state = net.zero_state(3)
    with net.frozen():
        for t, now in enumerate(x):
            y, state = net.step(now, state)
            assert torch.equal(y, whole[t])
    both = Ensemble.of([net, net])
    assert both.precision == "bf16" and torch.equal(both(x)[0][:, 1], net(x)[0])


def test_there_are_second_derivatives():
    def slope(net: Recurrent) -> torch.Tensor:
        x = torch.linspace(-1, 1, 24).reshape(2, 3, 4).requires_grad_()
        (first,) = torch.autograd.grad(net(x)[0].pow(2).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.pow(2).sum(), x)
        return second

    rounded, full = pair("rnn", (2, 3, 4, 5), precision="full", target="eager")
    assert 0 < relative(slope(rounded), slope(full)) < 0.1


def test_wrong_wishes_are_refused():
    with pytest.raises(ConfigError, match="no precision 'fp8': choose 'full' or 'bf16'"):
        Recurrent("gru", 3, 4, precision="fp8")
    with pytest.raises(KernelError, match="gru has precision='bf16', which rounds what float32"):
        Recurrent("gru", 3, 4, precision="bf16").double()(torch.zeros(2, 1, 3).double())


SOFTWARE = "__truncsfbf2"  # what LLVM calls to round where there is no instruction


def able(*more: str) -> Machine:
    names = ["+avx2", "+fma", *(f"+avx512{name}" for name in ("f", "vl", "bw", "dq", "cd", *more))]
    return Machine("avx512", Machine.host().triple, "znver4" if more else "znver3", ",".join(names))


@pytest.mark.skipif(not Machine.host().is_x86, reason="the instruction is one of x86")
def test_a_processor_that_can_multiplies_pairs_in_one_instruction():
    machine = able("bf16")
    arithmetic = Arithmetic.of(machine, "f32", pairs=True)
    assert arithmetic.native and not Arithmetic.of(able(), "f32", pairs=True).native
    kept = keep(step := cells.get("lstm").step, reverse(step))
    plans = lower(kept.forward), lower(kept.adjoint, carried=True)
    for plan, backwards in zip(plans, (False, True), strict=True):
        program = Program(plan, arithmetic, machine, backwards=backwards)
        read = assembly(program.text(), machine)
        assert "products of bf16" in program.text().splitlines()[0]
        assert read.count("vdpbf16ps") > 50 and "vcvtneps2bf16" in read
        assert SOFTWARE not in read


@pytest.mark.skipif(not Machine.host().is_x86, reason="the instruction is one of x86")
def test_rounding_in_software_would_be_seen_there():
    native = Arithmetic("f32", 16, pairs=True, native=True)
    text = declarations("f32", 16) + "\n" + round_rows(native, 80).replace("internal ", "")

    assert SOFTWARE in assembly(text, able())
    assert SOFTWARE not in assembly(text, able("bf16"))
