"""Rival: a cell as one writes it by hand today, twice, and as others offer it.

`plain` says one step as the equations do, for torch: as one writes a cell of one's own. A person
who wants speed keeps the matrices side by side (`packed` says which parameters of the equations
stand in which array, from the top down), computes for all steps at once what does not depend on the
state (`project`), and only the rest step by step (`step`), for torch and JAX alike. Nothing here is
ours to tune: these are the programs that a compiled cell has to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

Tensors = tuple[Tensor, ...]
Arrays = Mapping[str, Any]
Packed = Mapping[str, tuple[str, ...]]
ZEROS, IDENTITY = "", "1"  # what stands in an array beside parameters of the equations


class Ops(Protocol):
    """What hand-written steps need of a library of arrays."""

    def sigmoid(self, x: Any, /) -> Any: ...
    def tanh(self, x: Any, /) -> Any: ...
    def normalize(self, x: Any, /) -> Any:
        """Mean 0 and variance 1 along the last axis."""
        ...


@dataclass(frozen=True)
class Offered:
    """A layer of another library for whole sequences: what its parameters hold."""

    module: str
    name: str
    holds: Packed


@dataclass(frozen=True)
class Rival:
    packed: Packed
    plain: Callable[[Tensor, Tensors, Arrays], Tensors]
    project: Callable[[Ops, Any, Arrays], tuple[Any, ...]]
    step: Callable[[Ops, Any, Any, Arrays], tuple[Any, ...]]
    states: int = 1
    torch: Offered | None = None
    torchrecurrent: Offered | None = None


def gates(ops: Ops, x: Any, p: Arrays) -> tuple[Any, ...]:
    """What is free of the state in most cells, (T, B, ...): the products of the input."""
    del ops
    return (x @ p["W"].T + p["b"],)
