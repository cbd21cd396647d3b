"""The step as a map of states: its Jacobian, singular values, and exponents over many steps.

The states of a layer side by side, in the order of the cell, are one vector z. Row i of dz'/dz is
the gradient of its i-th number, so one call with a row for each number gives the whole matrix.

Over many steps the product of Jacobians would vanish in rounding before it is looked at. A few
directions Q are carried through the steps instead, made orthogonal again after each one
(Q R = J^T Q, G. Benettin et al., 1980): the means of log |diag R| are the Lyapunov exponents,
largest first. They are carried backwards, as gradients are; the exponents are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import Vocabulary
from elman.errors import DataError
from elman.layers import Recurrent
from elman.models import LanguageModel
from elman.probe.flow.verdict import of_exponent
from elman.probe.opened import alone

Array = NDArray[np.float64]
States = tuple[Tensor, ...]
LEADING = 16  # exponents and singular values that are shown
TINY = 1e-300


@dataclass(frozen=True)
class Spectrum:
    """One layer as a map of states. `exponents`: the leading ones, per step (natural logarithm);
    `steps`: singular values of single steps, (places, leading); `products`: those of the product
    over so many steps, by lag; `course`: the largest exponent as the mean of so many steps, which
    shows whether it has settled.
    """

    layer: int
    exponents: Array
    steps: Array
    products: dict[int, Array]
    course: Array
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "layer": self.layer,
            "exponents": self.exponents.tolist(),
            "steps": self.steps.tolist(),
            "products": {str(lag): values.tolist() for lag, values in self.products.items()},
            "course": self.course.tolist(),
            "verdict": self.verdict,
        }


def spectrum(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    *,
    steps: int = 200,
    leading: int = LEADING,
    places: int = 4,
    lags: Sequence[int] = (),
) -> list[Spectrum]:
    """The spectrum of every layer over the last `steps` characters of a text.

    Singular values are taken at `places` of them, and of products over `lags` steps up to the
    end; each Jacobian costs three passes with as many rows as there are numbers in the states.
    """
    tokens = torch.from_numpy(vocabulary.encode_held_out(text).astype(np.int64))
    if len(tokens) < 2:
        raise DataError("a spectrum needs a text of at least 2 characters")
    steps = min(steps, len(tokens) - 1)
    found: list[Spectrum] = []
    with torch.no_grad():
        x = model.vectors(tokens)[:, None]
    for number in range(model.recurrent.num_layers):
        net = alone(model.recurrent, number).eval()
        with torch.no_grad():
            y, every = net(x, return_states="all")
        parts = every if isinstance(every, tuple) else (every,)
        # the states before the steps wanted
        before: States = tuple(part[0, -steps - 1 : -1, 0] for part in parts)
        values = of_layer(net, x[-steps:, 0], before, leading=leading, places=places, lags=lags)
        found.append(_with_layer(values, number))
        x = y
    return found


def _with_layer(values: Spectrum, number: int) -> Spectrum:
    return Spectrum(number, *(vars(values)[name] for name in list(vars(values))[1:]))


def of_layer(
    net: Recurrent,
    x: Tensor,
    before: States,
    *,
    leading: int = LEADING,
    places: int = 4,
    lags: Sequence[int] = (),
) -> Spectrum:
    """The spectrum of one layer over inputs x (T, D) and the states (T, size) before them."""
    last = len(x) - 1
    logs = exponents(net, x, before, leading)
    at = sorted({int(t) for t in np.linspace(0, last, max(0, places))})
    single = [_singular(step_jacobian(net, x[t], tuple(p[t] for p in before))) for t in at]
    products: dict[int, Array] = {}
    product: Array | None = None
    for lag in range(1, min(max(lags, default=0), len(x)) + 1):
        t = last - lag + 1
        one = step_jacobian(net, x[t], tuple(p[t] for p in before))
        product = one if product is None else product @ one
        if lag in lags:
            products[lag] = _singular(product)[:leading]
    means = logs.mean(0)
    course = np.cumsum(logs[:, 0]) / np.arange(1, len(logs) + 1)
    steps = np.stack([one[:leading] for one in single]) if single else np.empty((0, leading))
    return Spectrum(0, means, steps, products, course, of_exponent(float(means.max())))


def step_jacobian(net: Recurrent, x: Tensor, before: States) -> Array:
    """dz'/dz (N, N) of a layer that reads x (D,) in states (size,)."""
    count = sum(len(part) for part in before)
    return _pulled(net, x, before, torch.eye(count, dtype=x.dtype)).numpy()


def exponents(net: Recurrent, x: Tensor, before: States, leading: int = LEADING) -> Array:
    """log |diag R| (T, m) of each step, from the last to the first; the means over steps are the
    m leading exponents.
    """
    size = sum(part.shape[1] for part in before)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(size, min(leading, size), generator=generator, dtype=torch.float64)
    directions = torch.linalg.qr(drawn)[0]
    found: list[Array] = []
    for t in reversed(range(len(x))):
        pulled = _pulled(net, x[t], tuple(part[t] for part in before), directions.T)
        directions, sides = torch.linalg.qr(pulled.T)
        found.append(sides.diagonal().abs().clamp(min=TINY).log().numpy())
    return np.stack(found)


def _pulled(net: Recurrent, x: Tensor, before: States, pulls: Tensor) -> Tensor:
    """pulls (R, N) times dz'/dz, in double precision: a gradient for each row."""
    sizes, count = [len(part) for part in before], len(pulls)
    rows = tuple(part.detach().expand(count, -1).clone().requires_grad_() for part in before)
    _, after = net.step(x.expand(count, -1), _state(tuple(part[None] for part in rows)))
    parts = after if isinstance(after, tuple) else (after,)
    given = [part.contiguous() for part in pulls.to(x.dtype).split(sizes, 1)]
    slopes = torch.autograd.grad(
        [part[0] for part in parts], rows, given, allow_unused=True, materialize_grads=True
    )
    return torch.cat(slopes, 1).double()


def _singular(matrix: Array) -> Array:
    return np.asarray(np.linalg.svd(matrix, compute_uv=False), np.float64)


def _state(parts: States) -> Tensor | States:
    return parts[0] if len(parts) == 1 else parts
