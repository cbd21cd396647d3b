"""Who computes a problem: our layer, other libraries' layers, torch loops, jax.lax.scan.

Each maker takes a problem and gives a Candidate, or None where there is no such thing (torch has no
MUT1 layer, JAX may not be installed). Calling one runs a training step and returns its results as
it has them; `read` turns them into NumPy arrays by the names of the equations.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from elman.bench.problem import Array, Problem, get
from elman.bench.rivals import IDENTITY, RIVALS, ZEROS, Offered, Packed
from elman.layers import Recurrent

Results = dict[str, Array]


@dataclass(frozen=True)
class Candidate:
    """`call` runs one training step; `read` gives `y`, `x` and every parameter's gradient."""

    call: Callable[[], Any]
    read: Callable[[Any], Results]


def ours(problem: Problem, precision: str = "full") -> Candidate:
    """`elman.Recurrent`, compiled."""
    cell, units = get(problem.cell), problem.units
    layer = Recurrent(cell, units, units, precision=precision)
    for name, value in problem.parameters.items():
        getattr(layer.stack[0], name).data.copy_(torch.from_numpy(value))
    parameters = {name: getattr(layer.stack[0], name) for name in problem.parameters}
    names = {name: (name,) for name in parameters}
    return _torch(problem, lambda x: layer(x)[0], parameters, torch.float32, names)


def torch_layer(problem: Problem) -> Candidate | None:
    """`torch.nn.RNN`, `GRU` or `LSTM`."""
    return _offered(problem, RIVALS[problem.cell].torch)


def autocast_layer(problem: Problem) -> Candidate | None:
    """The same with autocast in bfloat16, which torch's RNN and GRU do not take."""
    made = torch_layer(problem) if problem.cell == "lstm" else None

    def call() -> Any:
        assert made is not None
        with torch.autocast("cpu", torch.bfloat16):
            return made.call()

    if made is None or not _runs(call):
        return None
    return Candidate(call, made.read)


def _runs(call: Callable[[], Any]) -> bool:
    """Whether torch can do it on this processor: its LSTM in bfloat16 needs AVX-512."""
    try:
        call()
    except RuntimeError:
        return False
    return True


def torchrecurrent(problem: Problem) -> Candidate | None:
    """The layer of torchrecurrent, where it has the cell and is installed."""
    return _offered(problem, RIVALS[problem.cell].torchrecurrent)


def _offered(problem: Problem, offer: Offered | None) -> Candidate | None:
    """Another library's layer with the problem's parameters."""
    if offer is None or not is_installed(offer.module):
        return None
    kind: type[nn.Module] = getattr(importlib.import_module(offer.module), offer.name)
    layer = kind(problem.units, problem.units)
    parameters = dict(layer.named_parameters())
    for name, parts in offer.holds.items():
        parameters[name].data.copy_(_stacked(problem, parts))
    return _torch(problem, lambda x: layer(x)[0], parameters, torch.float32, offer.holds)


def torch_loop(problem: Problem) -> Candidate:
    """Torch operations, step by step, as the equations say it."""
    rival = RIVALS[problem.cell]
    parameters = {
        name: torch.from_numpy(value).clone().requires_grad_()
        for name, value in problem.parameters.items()
    }

    def run(x: Tensor) -> Tensor:
        states = (x.new_zeros(problem.rows, problem.units),) * rival.states
        seen: list[Tensor] = []
        for now in x:
            states = rival.plain(now, states, parameters)
            seen.append(states[0])
        return torch.stack(seen)

    return _torch(problem, run, parameters, torch.float32, {name: (name,) for name in parameters})


class _Torch:
    """Torch's operations as hand-written steps name them."""

    sigmoid, tanh = staticmethod(torch.sigmoid), staticmethod(torch.tanh)

    @staticmethod
    def normalize(x: Tensor) -> Tensor:
        return layer_norm(x, x.shape[-1:])


def tuned_loop(problem: Problem, dtype: torch.dtype = torch.float32) -> Candidate:
    """Torch operations, step by step only where the state is needed, matrices side by side."""
    packed, run = _tuned(problem, dtype)
    return _torch(problem, run, packed, dtype, RIVALS[problem.cell].packed)


def compiled_loop(problem: Problem) -> Candidate:
    """The same, and torch.compile makes of it what it can: it unrolls the loop."""
    packed, run = _tuned(problem, torch.float32)
    whole: Callable[[Tensor], Tensor] = torch.compile(run)  # pyright: ignore
    return _torch(problem, whole, packed, torch.float32, RIVALS[problem.cell].packed)


def _tuned(
    problem: Problem, dtype: torch.dtype
) -> tuple[dict[str, Tensor], Callable[[Tensor], Tensor]]:
    """The packed parameters and the loop over time."""
    rival, ops = RIVALS[problem.cell], _Torch()
    packed = {name: _stacked(problem, parts).to(dtype) for name, parts in rival.packed.items()}
    packed = {name: tensor.requires_grad_() for name, tensor in packed.items()}

    def run(x: Tensor) -> Tensor:
        states = [x.new_zeros(problem.rows, problem.units)] * rival.states
        seen: list[Tensor] = []
        for now in zip(*rival.project(ops, x, packed), strict=True):
            states = rival.step(ops, now, states, packed)
            seen.append(states[0])
        return torch.stack(seen)

    return packed, run


def jax_scan(problem: Problem) -> Candidate | None:
    """`jax.lax.scan` under `jit`, with its gradient."""
    if not is_installed("jax"):
        return None
    jax: Any = importlib.import_module("jax")
    rival, ops = RIVALS[problem.cell], _Jax(jax)
    parts = rival.packed.items()
    packed = {key: jax.numpy.asarray(_stacked(problem, part)) for key, part in parts}
    x, seed = jax.numpy.asarray(problem.x), jax.numpy.asarray(problem.seed)

    def loss(packed: Any, x: Any) -> tuple[Any, Any]:
        states = (jax.numpy.zeros(x.shape[1:], x.dtype),) * rival.states

        def body(states: Any, now: Any) -> tuple[Any, Any]:
            states = rival.step(ops, now, states, packed)
            return states, states[0]

        y = jax.lax.scan(body, states, rival.project(ops, x, packed))[1]
        return (y * seed).sum(), y

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))

    def read(results: Any) -> Results:
        (_, y), (gradients, to_x) = results
        arrays = {key: np.asarray(value) for key, value in gradients.items()}
        return {"y": np.asarray(y), "x": np.asarray(to_x), **_split(problem, arrays, rival.packed)}

    return Candidate(lambda: jax.block_until_ready(both(packed, x)), read)


class _Jax:
    """JAX's operations as hand-written steps name them."""

    def __init__(self, jax: Any) -> None:
        self.sigmoid, self.tanh, self.normalize = jax.nn.sigmoid, jax.nn.tanh, jax.nn.standardize


def is_installed(module: str) -> bool:
    """Whether there is a library of that name."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def limit_jax(threads: int) -> None:
    """Have JAX use the CPU, and one thread if that is what is asked for, before it is loaded."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if threads == 1:
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {one}".strip()


MAKERS: dict[str, Callable[[Problem], Candidate | None]] = {
    "elman": ours,
    "torch": torch_layer,
    "torchrecurrent": torchrecurrent,
    "loop": torch_loop,
    "tuned": tuned_loop,
    "jax": jax_scan,
    "compile": compiled_loop,
}
# in bf16: "elman" is our layer with products of bf16
HALVES: dict[str, Callable[[Problem], Candidate | None]] = {
    "elman": partial(ours, precision="bf16"),
    "full": ours,
    "autocast": autocast_layer,
}


def _torch(
    problem: Problem,
    run: Callable[[Tensor], Tensor],
    parameters: Mapping[str, Tensor],
    dtype: torch.dtype,
    names: Packed,
) -> Candidate:
    """A candidate that torch differentiates; `names` says what stands in which parameter."""
    x = torch.from_numpy(problem.x).to(dtype).requires_grad_()
    seed = torch.from_numpy(problem.seed).to(dtype)
    wanted = [x, *parameters.values()]

    def call() -> tuple[Tensor, tuple[Tensor, ...]]:
        y = run(x)
        return y, torch.autograd.grad(y, wanted, seed.to(y.dtype))

    def read(results: tuple[Tensor, tuple[Tensor, ...]]) -> Results:
        y, (to_x, *rest) = results
        arrays = {name: g.numpy() for name, g in zip(parameters, rest, strict=True)}
        found = {"y": y.detach().float().numpy(), "x": to_x.numpy()}
        return {**found, **_split(problem, arrays, names)}

    return Candidate(call, read)


def _stacked(problem: Problem, parts: tuple[str, ...]) -> Tensor:
    """The parameters of these names, one below the other."""
    units = problem.units
    beside = {ZEROS: np.zeros(units, np.float32), IDENTITY: np.eye(units, dtype=np.float32)}
    known = {**beside, **problem.parameters}
    return torch.from_numpy(np.concatenate([known[part] for part in parts]))


def _split(problem: Problem, arrays: Mapping[str, Array], names: Packed) -> Results:
    """The gradients of packed parameters by the names of the equations."""
    units = problem.units
    return {
        part: arrays[name][number * units : (number + 1) * units]
        for name, parts in names.items()
        for number, part in enumerate(parts)
        if part not in (ZEROS, IDENTITY)
    }
