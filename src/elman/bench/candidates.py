"""Who computes a problem: our layer, torch's layer, torch loops, jax.lax.scan.

Each maker takes a problem and gives a Candidate, or None where there is no such thing (torch has no
MUT1 layer, JAX may not be installed). Calling one runs a training step and returns its results as
it has them; `read` turns them into NumPy arrays by the names of the equations.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman.bench.problem import Array, Problem, get
from elman.bench.rivals import PACKED, PLAIN, STATES, STEPS, project
from elman.layers import Recurrent

Results = dict[str, Array]


@dataclass(frozen=True)
class Candidate:
    """`call` runs one training step; `read` gives `y`, `x` and every parameter's gradient."""

    call: Callable[[], Any]
    read: Callable[[Any], Results]


def ours(problem: Problem) -> Candidate:
    """`elman.Recurrent`, compiled."""
    layer = Recurrent(get(problem.cell), problem.units, problem.units)
    for name, value in problem.parameters.items():
        getattr(layer.stack[0], name).data.copy_(torch.from_numpy(value))
    parameters = {name: getattr(layer.stack[0], name) for name in problem.parameters}
    names = {name: (name,) for name in parameters}
    return _torch(problem, lambda x: layer(x)[0], parameters, torch.float32, names)


def torch_layer(problem: Problem) -> Candidate | None:
    """`torch.nn.RNN`, `GRU` or `LSTM`."""
    kinds = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
    if problem.cell not in kinds:
        return None
    layer = kinds[problem.cell](problem.units, problem.units)
    packed = PACKED[problem.cell]
    names = {"weight_ih_l0": packed["W"], "weight_hh_l0": packed["U"], "bias_ih_l0": packed["b"]}
    parameters = dict(layer.named_parameters())
    nn.init.zeros_(parameters["bias_hh_l0"])
    for name, parts in names.items():
        parameters[name].data.copy_(_stacked(problem, parts))
    if problem.cell == "gru":  # the last third of the second bias is the one inside
        parameters["bias_hh_l0"].data[2 * problem.units :] = _stacked(problem, ("b_u",))
        names["bias_hh_l0"] = ("", "", "b_u")
    return _torch(problem, lambda x: layer(x)[0], parameters, torch.float32, names)


def torch_loop(problem: Problem) -> Candidate:
    """Torch operations, step by step, as the equations say it."""
    step = PLAIN[problem.cell]
    parameters = {
        name: torch.from_numpy(value).clone().requires_grad_()
        for name, value in problem.parameters.items()
    }

    def run(x: Tensor) -> Tensor:
        states = (x.new_zeros(problem.rows, problem.units),) * STATES[problem.cell]
        seen: list[Tensor] = []
        for now in x:
            states = step(now, states, parameters)
            seen.append(states[0])
        return torch.stack(seen)

    return _torch(problem, run, parameters, torch.float32, {name: (name,) for name in parameters})


def tuned_loop(problem: Problem, dtype: torch.dtype = torch.float32) -> Candidate:
    """Torch operations, step by step only where the state is needed, matrices side by side."""
    names = PACKED[problem.cell]
    packed = {name: _stacked(problem, parts).to(dtype) for name, parts in names.items()}
    packed = {name: tensor.requires_grad_() for name, tensor in packed.items()}
    step = STEPS[problem.cell]

    def run(x: Tensor) -> Tensor:
        states = [x.new_zeros(problem.rows, problem.units)] * STATES[problem.cell]
        seen: list[Tensor] = []
        for now in zip(*project(problem.cell, torch, x, packed), strict=True):
            states = step(torch, now, states, packed)
            seen.append(states[0])
        return torch.stack(seen)

    return _torch(problem, run, packed, dtype, names)


def jax_scan(problem: Problem) -> Candidate | None:
    """`jax.lax.scan` under `jit`, with its gradient."""
    if not has_jax():
        return None
    jax: Any = importlib.import_module("jax")
    name, step = problem.cell, STEPS[problem.cell]
    names = PACKED[name]
    packed = {key: jax.numpy.asarray(_stacked(problem, parts)) for key, parts in names.items()}
    x, seed = jax.numpy.asarray(problem.x), jax.numpy.asarray(problem.seed)
    ops = jax.nn  # sigmoid and tanh

    def loss(packed: Any, x: Any) -> tuple[Any, Any]:
        states = (jax.numpy.zeros(x.shape[1:], x.dtype),) * STATES[name]

        def body(states: Any, now: Any) -> tuple[Any, Any]:
            states = step(ops, now, states, packed)
            return states, states[0]

        y = jax.lax.scan(body, states, project(name, ops, x, packed))[1]
        return (y * seed).sum(), y

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))

    def read(results: Any) -> Results:
        (_, y), (gradients, to_x) = results
        arrays = {key: np.asarray(value) for key, value in gradients.items()}
        return {"y": np.asarray(y), "x": np.asarray(to_x), **_split(problem, arrays, names)}

    return Candidate(lambda: jax.block_until_ready(both(packed, x)), read)


def has_jax() -> bool:
    """Whether JAX is installed."""
    return importlib.util.find_spec("jax") is not None


def limit_jax(threads: int) -> None:
    """Have JAX use the CPU, and one thread if that is what is asked for, before it is loaded."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if threads == 1:
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {one}".strip()


MAKERS: dict[str, Callable[[Problem], Candidate | None]] = {
    "elman": ours,
    "torch": torch_layer,
    "loop": torch_loop,
    "tuned": tuned_loop,
    "jax": jax_scan,
}


def _torch(
    problem: Problem,
    run: Callable[[Tensor], Tensor],
    parameters: Mapping[str, Tensor],
    dtype: torch.dtype,
    names: Mapping[str, tuple[str, ...]],
) -> Candidate:
    """A candidate that torch differentiates; `names` says what stands in which parameter."""
    x = torch.from_numpy(problem.x).to(dtype).requires_grad_()
    seed = torch.from_numpy(problem.seed).to(dtype)
    wanted = [x, *parameters.values()]

    def call() -> tuple[Tensor, tuple[Tensor, ...]]:
        y = run(x)
        return y, torch.autograd.grad(y, wanted, seed)

    def read(results: tuple[Tensor, tuple[Tensor, ...]]) -> Results:
        y, (to_x, *rest) = results
        arrays = {name: g.numpy() for name, g in zip(parameters, rest, strict=True)}
        found = {"y": y.detach().numpy(), "x": to_x.numpy()}
        return {**found, **_split(problem, arrays, names)}

    return Candidate(call, read)


def _stacked(problem: Problem, parts: tuple[str, ...]) -> Tensor:
    return torch.from_numpy(np.concatenate([problem.parameters[part] for part in parts]))


def _split(
    problem: Problem, arrays: Mapping[str, Array], names: Mapping[str, tuple[str, ...]]
) -> Results:
    """The gradients of packed parameters by the names of the equations."""

    def pieces() -> Iterator[tuple[str, Array]]:
        for name, parts in names.items():
            for number, part in enumerate(parts):
                if part:
                    yield part, arrays[name][number * problem.units : (number + 1) * problem.units]

    return dict(pieces())
