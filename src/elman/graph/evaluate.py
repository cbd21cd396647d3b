"""The first witness: a NumPy interpreter of a step's graph. Slow, obvious, and in any precision.

It works on arrays with any leading axes: a vector is (..., size), a scalar (..., 1), a matrix
(..., out, in). Complex arrays work for analytic operations, which gives complex-step derivatives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from elman.graph import counter
from elman.graph.node import Node, is_leaf, ordered
from elman.graph.ops import OPS
from elman.graph.step import Step

Array = np.ndarray
Values = Mapping[str, Array]


def evaluate(
    roots: Iterable[Node],
    leaves: Values,
    sizes: Mapping[str, int],
    masks: counter.Stream | None = None,
    dtype: np.dtype | type | None = None,
) -> dict[Node, Array]:
    """The value of every root and of all it stands on; `leaves` maps a leaf's name to its array.

    `dtype` rounds every value to a type; without it, constants are in double precision.
    """
    values: dict[Node, Array] = {}
    for node in _in_order(tuple(roots)):
        value = (
            _leaf(node, leaves, sizes, masks)
            if is_leaf(node)
            else _value(node, [values[arg] for arg in node.args], sizes)
        )
        values[node] = value if dtype is None or value.dtype == bool else value.astype(dtype)
    return values


@lru_cache(maxsize=64)
def _in_order(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """A loop over time asks for the same roots at every step."""
    return tuple(ordered(roots))


def _leaf(
    node: Node, leaves: Values, sizes: Mapping[str, int], masks: counter.Stream | None
) -> Array:
    if node.op == "constant":
        return np.asarray([node.value])
    if node.op == "extent":
        return np.asarray([float(sizes[node.name])])
    if node.op in ("mask", "row_mask"):
        if masks is None:
            raise ValueError("a graph with a mask needs a stream of random bits: pass masks=")
        rate, key = node.attribute
        where = masks if node.op == "mask" else masks.for_all_steps()
        return where.mask(float(rate), int(key), sizes[node.size])
    array = np.asarray(leaves[node.name])
    return array if array.ndim else array.reshape(1)


def _value(node: Node, args: list[Array], sizes: Mapping[str, int]) -> Array:
    if node.op == "linear":
        matrix, operand = args
        return operand @ (matrix if node.attribute[0] else np.swapaxes(matrix, -1, -2))
    if node.op == "outer":
        return args[0][..., :, None] * args[1][..., None, :]
    if node.op == "sum":
        return args[0].sum(axis=-1, keepdims=True)
    if node.op == "spread":
        return np.broadcast_to(args[0], (*args[0].shape[:-1], sizes[node.size]))
    return OPS[node.op].value(*args)


def over_time(
    step: Step,
    inputs: Values,
    states: Values,
    fixed: Values,
    sizes: Mapping[str, int],
    *,
    backwards: bool = False,
    stream: counter.Stream | None = None,
) -> dict[str, Array]:
    """Run a step over T steps of B rows, in order of time or against it.

    `inputs` are (T, B, size), `states` the start (B, size), `fixed` parameters and statics.
    Returns by name: every `output`, `kept` and `recorded` value and the history of every state
    under `name'`, all (T, B, size); the last state under `name`; `sum` outputs summed over steps
    and rows, `row_sum` outputs (B, size).
    """
    steps = next(iter(inputs.values())).shape[0] if inputs else 0
    now = {name: np.asarray(value) for name, value in states.items()}
    rows = next(iter(now.values())).shape[0]
    history: dict[str, list[Array]] = {}
    roots = [output.node for output in step.outputs]
    for t in reversed(range(steps)) if backwards else range(steps):
        leaves = {**fixed, **now, **{name: value[t] for name, value in inputs.items()}}
        masks = stream.at(t, rows) if stream else None
        values = evaluate(roots, leaves, sizes, masks)
        for output in step.outputs:
            key = output.name + "'" if output.role == "next" else output.name
            history.setdefault(key, []).append(values[output.node])
        now = {state.name: values[step.next_of(state.name)] for state in step.states}
    return _gather(step, history, now, sizes, rows, backwards)


def _gather(
    step: Step,
    history: dict[str, list[Array]],
    now: dict[str, Array],
    sizes: Mapping[str, int],
    rows: int,
    backwards: bool,
) -> dict[str, Array]:
    result = {
        leaf.name: np.broadcast_to(now[leaf.name], (rows, sizes[leaf.size])) for leaf in step.states
    }
    for output in step.outputs:
        key = output.name + "'" if output.role == "next" else output.name
        shape = tuple(sizes[size] for size in output.node.shape) or (1,)
        many = history.get(key, [])
        full = [np.broadcast_to(one, (rows, *shape)) for one in (many[::-1] if backwards else many)]
        stacked = np.stack(full) if full else np.zeros((0, rows, *shape))
        if output.role == "sum":
            result[key] = stacked.sum(axis=(0, 1))
        elif output.role == "row_sum":
            result[key] = stacked.sum(axis=0)
        else:
            result[key] = stacked
    return result
