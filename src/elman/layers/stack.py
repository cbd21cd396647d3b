"""Stack: unlike layers upon one another, with the contract of one layer."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.errors import ConfigError, ShapeError
from elman.graph import Node
from elman.layers.batch import Flags, Numbers
from elman.layers.recurrent import Recorded, Recurrent
from elman.layers.state import State, States

Tensors = Mapping[str, Tensor]


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
        for number, layer in enumerate(layers):
            if not isinstance(layer, Recurrent):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigError(
                    f"layer {number} is a {type(layer).__name__}: a stack is made of "
                    "elman.Recurrent layers, whose cells are given by name or as equations"
                )
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
        x: Tensor | PackedSequence,
        state: Sequence[State] | None = None,
        *,
        lengths: Numbers | None = None,
        reset: Flags | None = None,
        inputs: Tensors | None = None,
        static: Tensors | None = None,
        return_states: str = "last",
        record: Sequence[str] = (),
    ) -> tuple[Any, ...]:
        """Run over a batch of sequences; arguments and results are those of `Recurrent`.

        Further `inputs`, `static` ones and names to `record` go to the layers that know them; what
        was recorded is a tuple with one entry for each layer.
        """
        record = (record,) if isinstance(record, str) else tuple(record)
        steps = [layer.cell.step for layer in self.stack]
        _known("record", record, [list(step.quantities) for step in steps])
        _known("inputs", inputs or (), [[leaf.name for leaf in s.inputs] for s in steps])
        _known("static", static or (), [[leaf.name for leaf in s.statics] for s in steps])
        seen: list[Recorded] = []

        def call(layer: Recurrent, x: Any, own: State | None) -> tuple[Any, State]:
            step = layer.cell.step
            wanted = [name for name in record if name in step.quantities]
            y, last, *found = layer(
                x, own, lengths=lengths, reset=reset, return_states=return_states, record=wanted,
                inputs=_of(inputs, step.inputs), static=_of(static, step.statics),
            )  # fmt: skip
            seen.append(found[0] if found else {})
            return y, last

        results = self._through(x, state, call)
        return (*results, tuple(seen)) if record else results

    def step(
        self, x: Tensor, state: Sequence[State] | None = None, *, inputs: Tensors | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """One step of a stream: x (B, D) in, the output (B, H) and the state after it out."""
        return self._through(x, state, lambda layer, x, own: layer.step(
            x, own, inputs=_of(inputs, layer.cell.step.inputs)
        ))  # fmt: skip

    @contextlib.contextmanager
    def frozen(self) -> Generator[Stack]:
        """A block in which no weight of any layer changes; see `Recurrent.frozen`."""
        with contextlib.ExitStack() as blocks:
            for layer in self.stack:
                blocks.enter_context(layer.frozen())
            yield self

    def _through(
        self, x: Any, state: Sequence[State] | None, call: Any
    ) -> tuple[Any, tuple[State, ...]]:
        count = len(self.stack)
        if state is not None and (isinstance(state, Tensor) or len(state) != count):
            raise ShapeError(f"the stack has {count} layers, but {len(state)} states came")
        after: list[State] = []
        for layer, own in zip(self.stack, (None,) * count if state is None else state, strict=True):
            y, last = call(layer, x, own)
            x = _sum(x, y) if self.residual and layer.output_size == layer.input_size else y
            after.append(last)
        return x, States(after)


def _sum(x: Tensor | PackedSequence, y: Tensor | PackedSequence) -> Tensor | PackedSequence:
    if isinstance(x, PackedSequence) and isinstance(y, PackedSequence):
        return y._replace(data=x.data + y.data)
    assert isinstance(x, Tensor) and isinstance(y, Tensor)
    return x + y


def _of(tensors: Tensors | None, leaves: Sequence[Node]) -> Tensors:
    """Those that a layer reads."""
    names = {leaf.name for leaf in leaves}
    return {name: tensor for name, tensor in (tensors or {}).items() if name in names}


def _known(kind: str, given: Iterable[str], by_layer: Sequence[Sequence[str]]) -> None:
    """ConfigError if a name belongs to none of the layers."""
    known = list(dict.fromkeys(itertools.chain(*by_layer)))
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{kind} names {name!r}, but the layers of this stack have "
                f"{', '.join(known) or 'none'}"
            )
