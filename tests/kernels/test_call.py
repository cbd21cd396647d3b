"""Which target runs, in which type, and what autocast and half precision become."""

from __future__ import annotations

import pytest
import torch
from torch.utils._pytree import tree_map_only

from elman import cells
from elman.errors import KernelError, ShapeError
from elman.kernels import Arguments, Sequences, Variant
from elman.kernels.call import Demand, run

GRU = Variant(cells.get("gru"))


def arguments(dtype: torch.dtype) -> Arguments:
    torch.manual_seed(0)
    sizes = {"D": 3, "H": 5}
    parameters = {
        leaf.name: torch.randn([sizes[s] for s in leaf.shape]).to(dtype).requires_grad_()
        for leaf in GRU.step.parameters
    }
    return Arguments(
        {"x": torch.randn(4, 2, 3).to(dtype)}, {"h": torch.zeros(2, 5).to(dtype)}, parameters
    )


DEMAND = Demand(Sequences(4, 2))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_stored_and_single_is_computed(dtype):
    given = arguments(dtype)
    wide = given.having({name: t.detach().float() for name, t in given.all().items()})
    y = run(GRU, given, DEMAND).outputs["y"]
    assert y.dtype == dtype
    assert torch.equal(y, run(GRU, wide, DEMAND).outputs["y"].to(dtype))
    gradient = torch.autograd.grad(y.float().sum(), given.parameters["U_n"])[0]
    assert gradient.dtype == dtype and gradient.isfinite().all()


def test_autocast_gives_its_type():
    given = arguments(torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        y = run(GRU, given, DEMAND).outputs["y"]
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(
        y.float(), run(GRU, given, DEMAND).outputs["y"], atol=0.05, rtol=0.05
    )
    with torch.autocast("cpu", torch.bfloat16):
        assert run(GRU, arguments(torch.float64), DEMAND).outputs["y"].dtype == torch.float64


@pytest.mark.parametrize("target", ["auto", "llvm", "eager"])
def test_two_types_in_one_call_are_refused_by_name(target):
    given = arguments(torch.float32)
    mixed = given.having({**given.all(), "x": given.inputs["x"].double()})
    with pytest.raises(
        ShapeError,
        match=r"^gru: all tensors must have one type, but there are x of torch.float64; h,",
    ):
        run(GRU, mixed, Demand(Sequences(4, 2), target))


class Scaled(torch.Tensor):
    """Twice another tensor; like quantized weights, it has no memory of its own."""

    @staticmethod
    def __new__(cls, raw):
        made = torch.Tensor._make_wrapper_subclass(cls, raw.shape, dtype=raw.dtype)
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.detach.default:
            return cls(args[0].raw)
        made = tree_map_only(cls, lambda one: one.raw * 2, (args, kwargs or {}))
        return func(*made[0], **made[1])


def test_weights_without_memory_are_left_to_torch():
    given = arguments(torch.float32)
    names = list(given.parameters)
    scaled = {name: Scaled(given.parameters[name].detach()) for name in names}
    doubled = {name: 2 * given.parameters[name].detach() for name in names}
    found = run(GRU, given.having({**given.all(), **scaled}), DEMAND).outputs["y"]
    want = run(GRU, given.having({**given.all(), **doubled}), DEMAND).outputs["y"]
    assert torch.allclose(found, want, atol=1e-6)
    with pytest.raises(KernelError, match="is a Scaled, which has no memory to read from"):
        run(GRU, given.having({**given.all(), **scaled}), Demand(Sequences(4, 2), "llvm"))
