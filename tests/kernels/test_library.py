"""Machine code as operations of torch's library: right to torch's own tests of operations."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from elman import cells
from elman.kernels.library import recur
from elman.kernels.variant import Noise, Variant

VARIANTS = {
    "plain": Variant(cells.get("lstm")),
    "seen": Variant(cells.get("gru"), ("r",), Noise(0.2, 0.1, (("h", 0.1),)), True),
}


def given(variant: Variant, fresh: bool) -> list[torch.Tensor]:
    torch.manual_seed(0)
    sizes = {"D": 3, "H": 4}
    step = variant.step
    tensors = [torch.randn(5, 2, 3), *(torch.randn(2, 4) for _ in step.states)]
    tensors += [torch.randn([sizes[s] for s in leaf.shape]) for leaf in step.parameters]
    tensors += [torch.randn(4) for _ in step.states] if fresh else []
    return [tensor.double().requires_grad_() for tensor in tensors]


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_torch_finds_no_fault_with_the_operation(name, backwards):
    variant, fresh = VARIANTS[name], name == "seen"
    lengths = torch.tensor([3, 5])
    reset = torch.rand(5, 2) < 0.3 if fresh else None
    seed = torch.tensor(11)
    torch.library.opcheck(
        recur,
        (
            variant.to_text(), given(variant, fresh), fresh, seed, lengths, reset, None, 0,
            backwards, True,
        ),
        test_utils=("test_schema", "test_autograd_registration", "test_faketensor"),
    )  # fmt: skip


PROGRAM = """
import torch, elman
fresh = torch.compile(elman.LSTM(3, 4), fullgraph=True, backend="aot_eager")
assert fresh(torch.randn(5, 2, 3))[0].shape == (5, 2, 4)
torch.manual_seed(0)
layer = elman.Recurrent("lstm", 3, 4, 2, bidirectional=True, learn_start=True, zoneout=0.1).double()
x, lengths, reset = torch.randn(5, 2, 3).double(), torch.tensor([3, 5]), torch.rand(5, 2) < 0.3
def loss(x):
    y, states, seen = layer(x + 1, lengths=lengths, reset=reset, return_states="all", record=["i"])
    return y.sin().sum() + states[1].cos().sum(), seen["i"]
results = []
for f in (loss, torch.compile(loss, fullgraph=True, backend="aot_eager")):
    layer.zero_grad()
    torch.manual_seed(1)
    total, seen = f(x)
    total.backward()
    results.append([total.detach(), seen, *(p.grad for p in layer.parameters())])
for a, b in zip(*results, strict=True):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
lm = torch.compile(lambda x: layer(x)[0].sum(), fullgraph=True, backend="aot_eager", dynamic=True)
layer.eval()
for steps in (2, 5, 9):
    x = torch.randn(steps, 3, 3).double()
    assert torch.equal(lm(x), layer(x)[0].sum())
for layer in (elman.LSTM(3, 4, 2, dropout=0.4), elman.Recurrent("gru", 3, 4, 2, dropout=0.4)):
    whole = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(9, 2, 3)
    y = whole(x)[0]
    y.sum().backward()
    assert not torch.equal(y, whole(x)[0])
    assert all(p.grad is not None for p in layer.parameters())
    layer.eval()
    torch.testing.assert_close(whole(x)[0], layer(x)[0])
"""


def test_torch_compile_sees_one_graph():
    subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM], check=True, timeout=300)


@pytest.mark.filterwarnings("ignore")
def test_a_fake_call_gives_shapes_without_computing():
    from torch._subclasses import FakeTensorMode

    import elman

    with FakeTensorMode():
        layer = elman.Recurrent("lstm", 3, 4, bidirectional=True)
        y, (h, c) = layer(torch.randn(5, 2, 3), lengths=torch.tensor([3, 5]))
        assert y.shape == (5, 2, 8) and h.shape == c.shape == (2, 2, 4)
