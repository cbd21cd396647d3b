"""One pass of one layer: a variant of a cell over a batch of sequences, by the best way there is.

In: tensors by name and what is known of the batch. Out: results. Which target is taken, what
becomes of numbers in half precision, and who may look into the graph is decided here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import torch
from torch import Tensor
from torch.utils._python_dispatch import (
    _get_current_dispatch_mode,  # pyright: ignore[reportPrivateUsage]
)

from elman.errors import KernelError
from elman.kernels.compile import LIMIT, choose, compile, transformed
from elman.kernels.kernel import PLAIN, Arguments, Kernel, Results, common_dtype
from elman.kernels.llvm import LLVM, Again, Machine, Stepping
from elman.kernels.members import check_members, each
from elman.kernels.rows import Sequences
from elman.kernels.variant import Variant

KINDS = 256  # of calls that a layer remembers
HALVES = (torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Demand:
    """What is asked of one pass, besides its tensors.

    `seed` (a number in a tensor of int64) is needed where the variant is random. Where members have
    sequences that differ, those of `each` are theirs.
    """

    sequences: Sequences
    target: str = "auto"
    history: bool = False
    seed: Tensor | None = None
    each: tuple[Sequences, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every row has every step, one after the other."""
        return self.sequences.whole and not self.each


def run(variant: Variant, arguments: Arguments, demand: Demand) -> Results:
    """Run over the sequences of a demand, in the direction of the arguments."""
    arguments = _cast(arguments)
    dtype = common_dtype(variant.cell.name, arguments.all())
    device = next(iter(arguments.all().values())).device
    half = dtype in HALVES and device.type == "cpu" and demand.target != "eager"
    wide = torch.float32 if half else dtype
    if dtype == torch.bfloat16 and half and _multiplies_bf16():
        variant = replace(variant, pairs=True)
    if variant.pairs and dtype == torch.float64:
        raise KernelError(
            f"{variant.cell.name} has precision='bf16', which rounds what float32 holds, and its "
            "tensors are of float64: use precision='full', or call .float()"
        )
    target = choose(demand.target, wide, device)
    if target == "llvm" and not _watched():
        target = _reached(arguments, demand.target)
    if arguments.members:
        check_members(arguments)
        at_once = target == "llvm" and not half and demand.whole and not _watched()
        if not at_once:
            return each(partial(_member, variant, demand), arguments)
    if half and target == "llvm":
        # products of half precision, sums and gates of single: what half-precision hardware does
        tensors = {name: tensor.float() for name, tensor in arguments.all().items()}
        return _narrowed(_run(variant, arguments.having(tensors), demand, target), dtype)
    return _run(variant, arguments, demand, target)


def _reached(arguments: Arguments, wanted: str) -> str:
    """A target that finds the numbers: some tensors, of quantized weights for one, stand for
    numbers that are made when an operation asks for them.
    """
    for name, tensor in arguments.all().items():
        if type(tensor) not in PLAIN and tensor.numel() and not tensor.data_ptr():
            if wanted == "llvm":
                raise KernelError(
                    f"{name!r} is a {type(tensor).__name__}, which has no memory to read from: "
                    "use target='auto'"
                )
            return "eager"
    return "llvm"


def _member(variant: Variant, demand: Demand, arguments: Arguments, number: int) -> Results:
    """Run one of several members."""
    seed = None if demand.seed is None else demand.seed + number
    sequences = demand.each[number] if demand.each else demand.sequences
    return run(variant, arguments, replace(demand, sequences=sequences, seed=seed, each=()))


def stepping(
    variant: Variant, arguments: Arguments, target: str, *, training: bool, still: bool
) -> Stepping | None:
    """Steps with these parameters, again and again, where there is compiled code for them."""
    tensors = arguments.all()
    some = next(iter(tensors.values()))
    if choose(target, some.dtype, some.device) != "llvm":
        return None
    kernel = _kernel(variant, "llvm")
    if not isinstance(kernel, LLVM):
        return None
    return kernel.stepping(arguments, training=training, still=still)


class Calls:
    """Calls of one layer that may be made again, each from the second of its kind on: remembering
    one takes as long as it saves later. A copy of the layer begins without any.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[LLVM, Again] | None] = {}

    def again(self, kind: Hashable, tensors: Sequence[Tensor], *, history: bool) -> Results | None:
        """The results of a call of a kind that is known, with tensors that fit it."""
        found = self._known.get(kind)
        if found is None or not found[1].fits(tensors):
            return None
        return found[0].once_more(found[1], tensors, history)

    def start(self, kind: Hashable, values: Iterable[float]) -> tuple[Tensor, ...] | None:
        """The states that a call of a kind that is known starts with where none are given: they
        are made of these values when first asked for.
        """
        found = self._known.get(kind)
        return None if found is None else found[1].start(values)

    def remember(
        self, kind: Hashable, variant: Variant, arguments: Arguments, demand: Demand
    ) -> None:
        """Take note of a call that has been made, if compiled code did it."""
        if kind not in self._known:
            if len(self._known) >= KINDS:
                self._known.clear()
            self._known[kind] = None
            return
        some = next(iter(arguments.all().values()))
        if some.dtype in HALVES or choose(demand.target, some.dtype, some.device) != "llvm":
            return
        if not demand.sequences.steps:
            return
        sequences = demand.sequences
        rows = sequences.backwards if arguments.direction else sequences.forwards
        kernel = _kernel(variant, "llvm")
        if isinstance(kernel, LLVM):
            self._known[kind] = kernel, kernel.again(arguments.at(rows, 0))

    def __reduce__(self) -> tuple[type[Calls], tuple[()]]:
        return Calls, ()


def is_ordinary() -> bool:
    """Whether torch does here and now what it does without anybody's wish: no tracing, no
    transforms, no other types.
    """
    return not (
        _watched() or transformed() or torch.is_autocast_enabled("cpu") or torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    )


def unseen() -> bool:
    """Whether nobody wants to see the operations of torch that a call is made of: neither autograd
    nor torch.func, nor whoever traces or counts them.
    """
    return not (torch.is_grad_enabled() or transformed() or _watched())


def _run(variant: Variant, arguments: Arguments, demand: Demand, target: str) -> Results:
    if target == "llvm":
        if _watched():
            from elman.kernels.library import run_watched

            return run_watched(variant.to_text(), arguments, demand.sequences, demand.seed)
    elif torch.compiler.is_compiling():
        return _untraced(variant, arguments, demand, target)
    return _plain(variant, arguments, demand, target)


def _watched() -> bool:
    """Whether somebody looks at every operation of torch here and now."""
    return torch.compiler.is_compiling() or _get_current_dispatch_mode() is not None


def _plain(variant: Variant, arguments: Arguments, demand: Demand, target: str) -> Results:
    sequences = demand.sequences
    rows = sequences.backwards if arguments.direction else sequences.forwards
    seed = 0 if demand.seed is None else int(demand.seed)
    kernel = _kernel(variant, target)
    return kernel(arguments.at(rows, seed), history=demand.history)


@lru_cache(maxsize=LIMIT)
def _kernel(variant: Variant, target: str) -> Kernel:
    return compile(variant.step, target, pairs=variant.pairs)


@torch._disable_dynamo  # pyright: ignore
def _untraced(variant: Variant, arguments: Arguments, demand: Demand, target: str) -> Results:
    """A loop over time is no graph: torch.compile breaks its own here."""
    return _plain(variant, arguments, demand, target)


def _cast(arguments: Arguments) -> Arguments:
    """Under autocast, everything in its type, as torch treats its own recurrent layers."""
    tensors = arguments.all()
    kind = next(iter(tensors.values())).device.type
    if not (torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)):
        return arguments
    dtype = torch.get_autocast_dtype(kind)
    single = {name: t.to(dtype) if t.dtype == torch.float32 else t for name, t in tensors.items()}
    return arguments.having(single)


def _multiplies_bf16() -> bool:
    """Whether this processor has an instruction for it."""
    return Machine.host().multiplies_bf16


# as for the host in `compile`: torch.compile calls it and does not look inside
_multiplies_bf16._dynamo_marked_constant = True  # pyright: ignore[reportFunctionMemberAccess]


def _narrowed(results: Results, dtype: torch.dtype) -> Results:
    def all_(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: tensor.to(dtype) for name, tensor in tensors.items()}

    return Results(
        all_(results.outputs),
        all_(results.final),
        all_(results.history),
        all_(results.recorded),
    )
