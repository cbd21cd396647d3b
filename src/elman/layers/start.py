"""How parameters start.

What the equations declare (`param b_f = 1`, `param U = orthogonal`) is followed; everything else is
uniform within 1 / sqrt(H), biases included, as torch starts its recurrent layers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from elman.errors import ConfigError


@torch.no_grad()
def start_(tensor: Tensor, how: float | str | None, hidden: int) -> Tensor:
    """Fill a parameter in place; `how` is a number, `orthogonal`, `identity`, or None."""
    if how is None:
        bound = hidden**-0.5 if hidden else 0.0
        return tensor.uniform_(-bound, bound)
    if how == "orthogonal":
        return torch.nn.init.orthogonal_(tensor)
    if how == "identity":
        return torch.nn.init.eye_(tensor)
    if isinstance(how, str):
        raise ConfigError(f"parameters cannot start as {how!r}: use a number, orthogonal, identity")
    return tensor.fill_(how)
