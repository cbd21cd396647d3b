"""RNNCell, GRUCell and LSTMCell in the place of torch's: one step, by the same equations.

They are torch's classes with a forward pass of their own; whatever torch refuses, or Elman does not
compile, goes to torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from elman.kernels import Arguments, Demand, Sequences, Variant, run
from elman.layers.drop_in.equations import by_name, equations


def _step(cell: Any, mode: str, x: Tensor, states: tuple[Tensor, ...]) -> Any:
    """The next states (B, H) for x (B, D), or the same without B."""
    biases = [cell.bias_ih, cell.bias_hh] if cell.bias else []
    variant: Variant = cell.variant
    known = variant.cell
    found = by_name(mode, [cell.weight_ih, cell.weight_hh, *biases])
    single = x.dim() == 1
    if single:
        x, states = x[None], tuple(state[None] for state in states)
    arguments = Arguments(
        {"x": x[None]},
        dict(zip(known.states, states, strict=True)),
        {name: found[name] for name in known.parameters},
    )
    final = run(variant, arguments, Demand(Sequences(1, x.shape[0]))).final
    return tuple(state[0] if single else state for state in final.values())


def _fits(cell: nn.RNNCellBase, x: Any, states: tuple[Any, ...]) -> bool:
    """Whether this is a call that torch accepts and that Elman compiles."""
    if not isinstance(x, Tensor) or x.dim() not in (1, 2) or x.shape[-1] != cell.input_size:
        return False
    tracing: bool = torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    if tracing or not x.is_cpu or 0 in x.shape:
        return False
    wanted = (*x.shape[:-1], cell.hidden_size)
    return all(
        isinstance(state, Tensor) and state.shape == wanted and state.dtype == x.dtype
        for state in states
    )


def _start(cell: nn.RNNCellBase, x: Any, hx: Any) -> Any:
    """The state, zeros if none came."""
    if hx is not None or not isinstance(x, Tensor) or x.dim() not in (1, 2):
        return hx
    return x.new_zeros((*x.shape[:-1], cell.hidden_size))


class RNNCell(nn.RNNCell):
    """`torch.nn.RNNCell`, compiled: same arguments, parameters, results and errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}.get(self.nonlinearity, "")
        self.variant = Variant(equations(self.mode, bool(self.bias))) if self.mode else None

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state (B, H) for an input (B, D), or the same without B."""
        state = _start(self, input, hx)
        if not self.mode or not _fits(self, input, (state,)):
            return super().forward(input, hx)
        return _step(self, self.mode, input, (state,))[0]


class GRUCell(nn.GRUCell):
    """`torch.nn.GRUCell`, compiled: same arguments, parameters, results and errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variant = Variant(equations("GRU", bool(self.bias)))

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state (B, H) for an input (B, D), or the same without B."""
        state = _start(self, input, hx)
        if not _fits(self, input, (state,)):
            return super().forward(input, hx)
        return _step(self, "GRU", input, (state,))[0]


class LSTMCell(nn.LSTMCell):
    """`torch.nn.LSTMCell`, compiled: same arguments, parameters, results and errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variant = Variant(equations("LSTM", bool(self.bias)))

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next states h and c (B, H) for an input (B, D), or the same without B."""
        states = hx
        if hx is None:
            zero = _start(self, input, None)
            states = (zero, zero)
        if not isinstance(states, tuple | list) or len(states) != 2:
            return super().forward(input, hx)
        if not _fits(self, input, tuple(states)):
            return super().forward(input, hx)
        return _step(self, "LSTM", input, tuple(states))
