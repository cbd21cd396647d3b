"""What a caller hands over as a batch of sequences, as a kernel takes it: and back again.

A batch is a tensor (T, B, D), one with the rows first, or a PackedSequence of torch. Lengths and
resets may be anything that torch makes a tensor of, on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from elman.errors import ShapeError
from elman.kernels import Sequences

Numbers = Tensor | np.ndarray | Sequence[int]
Flags = Tensor | np.ndarray | Sequence[Sequence[bool]]


@dataclass(frozen=True)
class Batch:
    """Sequences with their time first, (T, B, D) or packed (items, 1, D), and their layout."""

    x: Tensor
    sequences: Sequences
    batch_first: bool = False
    packed: PackedSequence | None = None

    @property
    def rows(self) -> int:
        """B, also of packed data."""
        return self.sequences.rows

    def states_in(self, states: Tensor) -> Tensor:
        """States (layers, B, size) with their rows as the kernel takes them."""
        order = None if self.packed is None else self.packed.sorted_indices
        return states if order is None else states.index_select(1, order)

    def states_out(self, states: Tensor) -> Tensor:
        """States (layers, B, size) with their rows as the caller has them."""
        order = None if self.packed is None else self.packed.unsorted_indices
        return states if order is None else states.index_select(1, order)

    def along(self, tensor: Tensor) -> Tensor:
        """A further sequence with its time first."""
        return tensor.transpose(0, 1) if self.batch_first else tensor

    def output(self, y: Tensor) -> Tensor | PackedSequence:
        """A result (T, B, size), in the layout of the input."""
        if self.packed is None:
            return self.along(y)
        given = self.packed
        return PackedSequence(
            y[:, 0], given.batch_sizes, given.sorted_indices, given.unsorted_indices
        )


def batch(
    x: Tensor | PackedSequence,
    *,
    batch_first: bool = False,
    lengths: Numbers | None = None,
    reset: Flags | None = None,
) -> Batch:
    """The batch that was handed over; `reset` lies as `x` does, without its last axis."""
    if isinstance(x, PackedSequence):
        if lengths is not None or reset is not None:
            raise ShapeError(
                "a PackedSequence has its own lengths: lengths= and reset= go with a tensor"
            )
        sizes = x.batch_sizes
        sequences = Sequences(sizes.shape[0], int(sizes[0]), sizes=sizes)
        return Batch(x.data[:, None], sequences, packed=x)
    x = x.transpose(0, 1) if batch_first else x
    # while torch.jit traces, sizes are tensors
    steps, rows = (int(n) if isinstance(n, Tensor) else n for n in x.shape[:2])
    sequences = Sequences(steps, rows, _lengths(lengths, rows), _reset(reset, x, batch_first))
    return Batch(x, sequences, batch_first)


def _lengths(lengths: Numbers | None, rows: int) -> Tensor | None:
    if lengths is None:
        return None
    numbers = _tensor(lengths, "lengths must be whole numbers, one for each row")
    broken = numbers.is_floating_point() or numbers.is_complex() or numbers.dtype == torch.bool
    if broken and numbers.numel():
        raise ShapeError(f"lengths must be whole numbers, not {numbers.dtype}")
    if numbers.shape != (rows,):
        raise ShapeError(
            f"lengths must have one number for each of {rows} rows: shape ({rows},), "
            f"not {tuple(numbers.shape)}"
        )
    return numbers.to(torch.int64)


def _tensor(value: object, wanted: str) -> Tensor:
    """Anything that torch makes a tensor of; ShapeError says what is wanted instead."""
    try:
        return torch.as_tensor(value, device="cpu")
    except (TypeError, ValueError, RuntimeError) as error:
        raise ShapeError(f"{wanted}: {type(value).__name__} is no tensor ({error})") from None


def _reset(reset: Flags | None, x: Tensor, batch_first: bool) -> Tensor | None:
    if reset is None:
        return None
    flags = _tensor(reset, "reset must be true or false for each step of each row") != 0
    wanted = (x.shape[1], x.shape[0]) if batch_first else tuple(x.shape[:2])
    if tuple(flags.shape) != wanted:
        axes = "(rows, steps)" if batch_first else "(steps, rows)"
        raise ShapeError(f"reset must have shape {wanted} {axes}, not {tuple(flags.shape)}")
    return flags.transpose(0, 1).contiguous() if batch_first else flags
