"""Stack: unlike layers upon one another, with the contract of one layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from elman.errors import ConfigError, ShapeError
from elman.layers.batch import Flags, Numbers
from elman.layers.recurrent import Recurrent
from elman.layers.state import State, States


class Stack(nn.Module):
    """Layers of any cells and sizes, first to last: `Stack(Recurrent(...), Recurrent(...))`.

    With `residual`, a layer whose output is as wide as its input adds the input to it (K. He et
    al., CVPR 2016). The state is a tuple with one entry for each layer, as that layer gives it.
    Raises ConfigError where a layer does not fit the one before it.
    """

    def __init__(self, *layers: Recurrent, residual: bool = False) -> None:
        super().__init__()
        if not layers:
            raise ConfigError("a stack needs at least one layer: Stack(Recurrent(...), ...)")
        for number, (one, next_) in enumerate(itertools.pairwise(layers)):
            if next_.input_size != one.output_size:
                raise ConfigError(
                    f"layer {number} gives {one.output_size} units, but layer {number + 1} reads "
                    f"{next_.input_size}"
                )
            if next_.batch_first != one.batch_first:
                raise ConfigError("either all layers of a stack are batch_first or none is")
        self.layers, self.residual = nn.ModuleList(layers), residual
        self.input_size, self.output_size = layers[0].input_size, layers[-1].output_size

    @property
    def stack(self) -> list[Recurrent]:
        """The layers, first to last."""
        return list(self.layers)  # pyright: ignore[reportReturnType]

    def zero_state(self, rows: int, like: Tensor | None = None) -> tuple[State, ...]:
        """The state before anything was read, an entry for each layer."""
        return tuple(layer.zero_state(rows, like) for layer in self.stack)

    def forward(
        self,
        x: Tensor,
        state: Sequence[State] | None = None,
        *,
        lengths: Numbers | None = None,
        reset: Flags | None = None,
        return_states: str = "last",
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Run over a batch of sequences; arguments and results are those of `Recurrent`."""
        given = (lengths, reset, return_states)
        return self._through(x, state, lambda layer, x, own: layer(
            x, own, lengths=given[0], reset=given[1], return_states=given[2]
        ))  # fmt: skip

    def step(
        self, x: Tensor, state: Sequence[State] | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """One step of a stream: x (B, D) in, the output (B, H) and the state after it out."""
        return self._through(x, state, lambda layer, x, own: layer.step(x, own))

    def _through(
        self, x: Tensor, state: Sequence[State] | None, call: Any
    ) -> tuple[Tensor, tuple[State, ...]]:
        count = len(self.stack)
        if state is not None and (isinstance(state, Tensor) or len(state) != count):
            raise ShapeError(f"the stack has {count} layers, but {len(state)} states came")
        after: list[State] = []
        for layer, own in zip(self.stack, (None,) * count if state is None else state, strict=True):
            y, last = call(layer, x, own)
            x = x + y if self.residual and layer.output_size == layer.input_size else y
            after.append(last)
        return x, States(after)
