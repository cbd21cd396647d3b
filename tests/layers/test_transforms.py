"""Recurrent under torch.func, torch.compile and double differentiation: eager takes over, or a
graph break; the numbers stay the same."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch.autograd import forward_ad
from torch.func import functional_call, grad, jvp, vmap

from elman.errors import KernelError
from elman.layers.recurrent import Recurrent


def made(target: str = "auto") -> tuple[Recurrent, torch.Tensor]:
    torch.manual_seed(0)
    return Recurrent("gru", 5, 7, target=target).double(), torch.randn(4, 3, 5).double()


def loss(layer, parameters, x):
    return functional_call(layer, parameters, (x,))[0].square().sum()


def test_func_grad_is_the_gradient():
    layer, x = made()
    parameters = {name: p.detach() for name, p in layer.named_parameters()}
    found = grad(loss, argnums=1)(layer, parameters, x)
    loss(layer, dict(layer.named_parameters()), x).backward()
    for name, p in layer.named_parameters():
        assert torch.allclose(found[name], p.grad, rtol=0, atol=1e-12)


def test_vmap_runs_many_batches():
    layer, x = made()
    many = torch.stack([x, 2 * x])
    found = vmap(lambda one: layer(one)[0])(many)
    assert torch.allclose(found[1], layer(2 * x)[0], rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_jvp_is_the_slope():
    layer, x = made()
    parameters = {name: p.detach() for name, p in layer.named_parameters()}
    _, slope = jvp(lambda one: loss(layer, parameters, one), (x,), (x,))
    up, down = (loss(layer, parameters, x * (1 + e)) for e in (1e-6, -1e-6))
    assert abs(float(slope) - float(up - down) / 2e-6) < 1e-6


@pytest.mark.parametrize("trained", [True, False])
def test_forward_differentiation_is_the_slope(trained):
    layer = Recurrent("gru", 3, 5).requires_grad_(trained)
    x, way = torch.randn(4, 2, 3), torch.randn(4, 2, 3)
    for _ in range(3):
        layer(x)
    with forward_ad.dual_level():
        y = layer(forward_ad.make_dual(x, way))[0]
        found = forward_ad.unpack_dual(y).tangent
    _, expected = jvp(lambda x: layer(x)[0], (x,), (way,))
    assert torch.allclose(found, expected, atol=1e-6)


def test_machine_code_asked_for_by_name_refuses_in_one_sentence():
    layer, x = made("llvm")
    with pytest.raises(KernelError) as error:
        vmap(lambda one: layer(one)[0])(x[None])
    assert str(error.value) == (
        "the llvm target does not work under torch.func (grad, vmap, jvp): "
        "use target='eager' or target='auto'"
    )


def test_gradients_of_gradients_are_right():
    layer, x = made()
    x = x[:2, :2].requires_grad_()
    assert torch.autograd.gradcheck(lambda one: layer(one)[0], x)
    assert torch.autograd.gradgradcheck(lambda one: layer(one)[0], x)


def test_torch_compile_breaks_its_graph_and_goes_on():
    program = (
        "import torch; from elman import Recurrent; layer = Recurrent('lstm', 5, 7);"
        "x = torch.randn(4, 3, 5); f = lambda x: layer(x + 1)[0].sum();"
        "assert torch.equal(torch.compile(f, backend='eager')(x), f(x))"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)


def test_many_gradients_at_once_are_those_one_by_one():
    layer, x = made()
    y, last = layer(x)
    wanted = [*layer.parameters()]
    seeds = torch.randn(3, *y.shape, dtype=torch.float64)
    many = torch.autograd.grad(y, wanted, seeds, is_grads_batched=True, retain_graph=True)
    for index, seed in enumerate(seeds):
        one = torch.autograd.grad(y, wanted, seed, retain_graph=True)
        for all_, each in zip(many, one, strict=True):
            assert torch.allclose(all_[index], each, rtol=0, atol=1e-12)
    slopes = torch.autograd.functional.jacobian(lambda x: layer(x)[0][-1], x, vectorize=True)
    assert slopes.shape == (3, 7, 4, 3, 5) and slopes.abs().sum() > 0
    assert last.requires_grad


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit.trace.*:DeprecationWarning")
def test_a_trace_gives_the_same_numbers():
    layer, x = made()
    traced = torch.jit.trace(layer, (x,))
    assert torch.allclose(traced(2 * x)[0], layer(2 * x)[0], rtol=0, atol=1e-12)
