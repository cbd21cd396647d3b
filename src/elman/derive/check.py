"""Finite and complex-step differences of any step over time: the derivative's own witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Array = np.ndarray
Loss = Callable[[Mapping[str, Array]], Array]


def complex_step(
    loss: Loss, values: Mapping[str, Array], name: str, spacing: float = 1e-30
) -> Array:
    """The gradient of an analytic scalar `loss(values)` for one array, to rounding error."""
    return _each(values, name, lambda near: np.imag(loss(near(1j * spacing))) / spacing)


def central(loss: Loss, values: Mapping[str, Array], name: str, spacing: float = 1e-6) -> Array:
    """The gradient of a scalar `loss(values)` for one array, to about 1e-8 in double precision."""

    def slope(near: Callable[[complex], Mapping[str, Array]]) -> Array:
        return np.asarray((loss(near(spacing)) - loss(near(-spacing))) / (2 * spacing))

    return _each(values, name, slope)


def _each(
    values: Mapping[str, Array],
    name: str,
    slope: Callable[[Callable[[complex], Mapping[str, Array]]], Array],
) -> Array:
    array = np.asarray(values[name])
    gradient = np.zeros(array.shape)
    for index in np.ndindex(*array.shape):

        def near(offset: complex, index: tuple[int, ...] = index) -> Mapping[str, Array]:
            moved = array.astype(np.result_type(array, type(offset)))
            moved[index] += offset
            return {**values, name: moved}

        gradient[index] = slope(near)
    return gradient
