"""The witnesses: what a case of the zoo must give, and how far a target may be from it.

`expected` goes through the float64 interpreter, forward by `over_time`, backward through the
adjoint step at every step. `computed` asks a kernel. Both give arrays by name: `y`, the last
states, `h'` for histories, and `grad_` of everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from elman.derive import prefixed, reverse
from elman.graph import Node, evaluate, over_time
from elman.graph.step import Step
from elman.kernels import Arguments, Kernel
from elman.kernels.rows import Rows
from zoo import Case

Array = np.ndarray
Results = dict[str, Array]


def expected(case: Case, *, history: bool = False) -> Results:
    """Outputs, states and gradients in float64, by the interpreter alone."""
    step = case.cell.step
    fixed = {**case.fixed, **case.statics}
    ran = over_time(step, case.inputs, case.states, fixed, case.sizes)
    found = {"y": ran["y"], **{leaf.name: ran[leaf.name] for leaf in step.states}}
    histories = {f"{leaf.name}'": ran[f"{leaf.name}'"] for leaf in step.states}
    if history:
        found |= histories
    return found | backward(case, histories, history=history)


def extended(case: Case) -> Case:
    """The same call in extended precision, to ask what rounding does to `expected`."""

    def wide(values: Mapping[str, Array]) -> Results:
        return {name: value.astype(np.longdouble) for name, value in values.items()}

    groups = ("inputs", "statics", "states", "fixed", "final", "history")
    widened = {group: wide(getattr(case, group)) for group in groups}
    return replace(case, y=case.y.astype(np.longdouble), **widened)


def backward(case: Case, histories: Mapping[str, Array], *, history: bool) -> Results:
    """The gradient of every tensor of a case, from the last step to the first."""
    step = case.cell.step
    names = [leaf.name for leaf in step.states]
    adjoint = reverse(step, injected=tuple(names) if history else ())
    every: list[Node] = []
    for output in adjoint.outputs:
        every += [part for node in _addends(output.node) for part in (node.args or (node,))]
        every.append(output.node) if len(output.node.shape) < 2 else None
    roots = [node for node in dict.fromkeys(every) if len(node.shape) < 2]
    carried = {prefixed(name): case.final[name] for name in names}
    seen: list[dict[Node, Array]] = []
    for t in reversed(range(len(case.y))):
        leaves = {**case.fixed, **case.statics, **carried, prefixed("y"): case.y[t]}
        leaves |= {name: value[t] for name, value in case.inputs.items()}
        leaves |= {n: histories[n + "'"][t - 1] if t else case.states[n] for n in names}
        leaves |= {f"grad_all_{name}": value[t] for name, value in case.history.items()}
        seen.append(evaluate(roots, leaves, case.sizes))
        carried = {prefixed(name): seen[-1][adjoint.next_of(prefixed(name))] for name in names}
    return dict(_gathered(case, adjoint, seen[::-1], carried))


def _gathered(case: Case, adjoint: Step, seen: list[dict[Node, Array]], carried: Results):
    rows = len(next(iter(case.states.values())))

    def stacked(node: Node) -> Array:
        axes = (len(seen), rows, case.sizes[node.size])
        values = [np.broadcast_to(values[node], axes[1:]) for values in seen]
        return np.stack(values) if values else np.zeros(axes)

    for leaf in case.cell.step.parameters:
        yield prefixed(leaf.name), np.zeros(case.fixed[leaf.name].shape)
    for output in adjoint.outputs:
        if output.role == "next":
            shape = case.states[output.name.removeprefix("grad_")].shape
            yield output.name, np.broadcast_to(carried[output.name], shape)
        elif output.role == "output":
            yield output.name, stacked(output.node)
        elif output.role == "row_sum":
            yield output.name, stacked(output.node).sum(axis=0)
        elif len(output.node.shape) < 2:
            yield output.name, stacked(output.node).sum(axis=(0, 1))
        else:
            yield output.name, sum(_outer(stacked, node) for node in _addends(output.node))


def _outer(stacked, node: Node) -> Array:
    left, right = (stacked(arg).reshape(-1, stacked(arg).shape[-1]) for arg in node.args)
    return left.T @ right


def _addends(node: Node) -> list[Node]:
    if len(node.shape) == 2 and node.op == "add":
        return [*_addends(node.args[0]), *_addends(node.args[1])]
    return [node]


def computed(
    kernel: Kernel,
    case: Case,
    dtype: torch.dtype,
    *,
    history: bool = False,
    rows: Rows | None = None,
) -> Results:
    """The same from a kernel; a gradient that torch calls None is zero."""
    given = {n: torch.tensor(v, dtype=dtype, requires_grad=True) for n, v in case.tensors.items()}
    results = kernel(arguments(case, given, rows), history=history)
    outputs: dict[str, Tensor] = {"y": results.outputs["y"], **results.final}
    seeds = {"y": case.y, **case.final}
    if history:
        outputs |= {f"{name}'": value for name, value in results.history.items()}
        seeds |= {f"{name}'": value for name, value in case.history.items()}
    pairs = [
        (value, torch.tensor(seeds[name], dtype=dtype))
        for name, value in outputs.items()
        if value.requires_grad
    ]
    found = torch.autograd.grad(
        [value for value, _ in pairs],
        list(given.values()),
        [seed for _, seed in pairs],
        allow_unused=True,
    )
    gradients = {
        prefixed(name): torch.zeros_like(tensor) if gradient is None else gradient
        for (name, tensor), gradient in zip(given.items(), found, strict=True)
    }
    return {name: value.detach().numpy() for name, value in {**outputs, **gradients}.items()}


def arguments(case: Case, given: Mapping[str, Tensor], rows: Rows | None = None) -> Arguments:
    """The tensors of a case as a kernel takes them."""

    def of(group: Mapping[str, Array]) -> dict[str, Tensor]:
        return {name: given[name] for name in group}

    return Arguments(of(case.inputs), of(case.states), of(case.fixed), of(case.statics), rows)


def worst(got: Results, want: Results) -> dict[str, float]:
    """The largest error of every array; shapes must agree, and NaN is infinitely wrong."""
    assert set(got) == set(want)
    found: dict[str, float] = {}
    for name, value in want.items():
        assert got[name].shape == value.shape, (name, got[name].shape, value.shape)
        error = np.abs(got[name].astype(np.float64) - value)
        found[name] = float(np.nan_to_num(error, nan=np.inf).max(initial=0))
    return found


def largest(value: Array) -> float:
    """The largest magnitude of an array."""
    return float(np.abs(value).max(initial=0))


def allowed64(value: Array) -> float:
    """Double precision: 1e-11 of the largest magnitude, or of 1 if that is less."""
    return 1e-11 * max(1.0, largest(value))


def agree64(got: Results, want: Results) -> None:
    """Nothing is further from what it must be than double precision allows."""
    for name, error in worst(got, want).items():
        allowed = allowed64(want[name])
        assert error <= allowed, f"{name} is wrong by {error:.3g}, allowed {allowed:.3g}"
