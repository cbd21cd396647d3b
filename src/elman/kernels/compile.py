"""Choosing a target for a step, and keeping what was compiled.

`compile(step)` gives a Kernel. Kernels live in a bounded table in memory, keyed by everything that
decides the code; what is in use stays alive through whoever uses it.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import torch
from torch.autograd import forward_ad

from elman.errors import KernelError
from elman.graph.step import Step
from elman.graph.verify import verify
from elman.kernels.eager import Eager
from elman.kernels.kernel import Kernel
from elman.kernels.llvm import LLVM, Machine

TARGETS = ("llvm", "eager")
LIMIT = 256

_kernels: OrderedDict[object, Kernel] = OrderedDict()
_lock = Lock()


def compile(
    step: Step, target: str = "llvm", machine: Machine | None = None, *, pairs: bool = False
) -> Kernel:
    """A kernel for a step on a target (`llvm` or `eager`).

    With `pairs`, matrix products are of numbers rounded to bf16, summed in fp32.
    """
    if target not in TARGETS:
        raise KernelError(f"no target {target!r}: choose 'auto', 'llvm' or 'eager'")
    parts = step.outputs, step.parameters, step.inputs, step.states
    key = (target, machine, pairs, step.name, *parts)
    with _lock:
        if key in _kernels:
            _kernels.move_to_end(key)
            return _kernels[key]
        if target == "llvm":
            kernel = LLVM(verify(step), machine, pairs=pairs)
        else:
            kernel = Eager(verify(step), pairs=pairs)
        _kernels[key] = kernel
        while len(_kernels) > LIMIT:
            _kernels.popitem(last=False)
    return kernel


def choose(target: str, dtype: torch.dtype, device: torch.device) -> str:
    """The target for tensors of a type on a device, given what was asked for (`auto`: the best)."""
    able = device.type == "cpu" and dtype in (torch.float32, torch.float64)
    if target == "auto":
        seen = transformed() or torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
        return "llvm" if able and not seen and _host_is_known() else "eager"
    if target == "llvm" and transformed():
        raise KernelError(
            "the llvm target does not work under torch.func (grad, vmap, jvp): "
            "use target='eager' or target='auto'"
        )
    if target == "llvm" and not able:
        raise KernelError(
            f"the llvm target computes float32 and float64 on the CPU, not {dtype} on {device}: "
            "use target='eager' or target='auto'"
        )
    return target


def transformed() -> bool:
    """Whether torch.func or forward differentiation is at work: they need operations that they can
    look into.
    """
    forwards = forward_ad._current_level >= 0  # pyright: ignore[reportPrivateUsage]
    return forwards or torch._C._are_functorch_transforms_active()  # pyright: ignore[reportPrivateUsage]


def _host_is_known() -> bool:
    try:
        Machine.host()
    except KernelError:
        return False
    return True


# torch.compile calls it instead of looking inside; `assume_constant_result` sets this mark too, but
# loads the compiler of torch first
_host_is_known._dynamo_marked_constant = True  # pyright: ignore[reportFunctionMemberAccess]
