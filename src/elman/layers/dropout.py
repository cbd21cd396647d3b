"""Dropout that costs little beside a fused cell (N. Srivastava et al., JMLR 15, 2014).

In: a tensor. Out: the same with a share of its numbers set to 0 and the others scaled up, so that
the mean stays. torch's own draws one number per unit on one thread; here 64 random bits of torch's
generator decide about four units, which is eight times as fast.
"""

from __future__ import annotations

import torch
from torch import Tensor

_STEPS = 1 << 16  # a unit is left out with a probability of n / 65536


def dropout(values: Tensor, share: float, training: bool) -> Tensor:
    """`values` with each number left out with probability `share`, in training only."""
    left_out = min(round(share * _STEPS), _STEPS - 1)
    if not training or left_out == 0:
        return values
    if torch.compiler.is_compiling():  # which knows torch's own, and writes it into other loops
        return torch.nn.functional.dropout(values, share)
    if share == 1:
        return values * 0
    count = values.numel()
    bits = torch.empty((count + 3) // 4, dtype=torch.int64, device=values.device)
    bits.random_(-(2**63), None)
    draws = bits.view(torch.int16)[:count].view(values.shape)
    kept = draws >= left_out - _STEPS // 2
    return values * kept.to(values.dtype).mul_(_STEPS / (_STEPS - left_out))
