"""RNN, GRU and LSTM in the place of torch's: same arguments, parameters, results and errors.

They are torch's base class with a forward pass of their own. What torch refuses is refused by torch
itself, and what Elman does not compile (other devices, tracing for export) is run by it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman.equations import Cell
from elman.errors import ShapeError
from elman.kernels import Arguments, Demand, Results, Variant, run
from elman.layers.batch import Batch, Flags, Numbers, batch
from elman.layers.drop_in.equations import by_name, equations
from elman.layers.passes import joined, through


class DropIn(nn.RNNBase):
    """What the three have in common. Of torch's own classes none is a base of theirs: torch.compile
    refuses whatever is an nn.RNN, GRU or LSTM.
    """

    theirs: ClassVar[Any]

    def __init__(self, mode: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(mode, *args, **kwargs)
        self.variant = Variant(equations(mode, self.bias, self.proj_size > 0))

    @property
    def cell(self) -> Cell:
        """The equations of a layer."""
        return self.variant.cell

    def flatten_parameters(self) -> None:
        """Does nothing: there is no second copy of the weights."""

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: Any = None,
        *,
        lengths: Numbers | None = None,
        reset: Flags | None = None,
    ) -> tuple[Any, Any]:
        """As torch's; `lengths` and `reset` are those of `Recurrent`, for batched tensors."""
        plain = lengths is None and reset is None
        if not self._fits(input, hx) or (plain and not _compiled(input)):
            if not plain and isinstance(input, Tensor) and input.dim() == 3:
                batch(input, batch_first=self.batch_first, lengths=lengths, reset=reset)
            return self.theirs.forward(self, input, hx)
        states = None if hx is None else self._parts(hx)
        if isinstance(input, Tensor) and input.dim() == 2:
            if not plain:
                raise ShapeError("lengths= and reset= go with a batch of sequences, not with one")
            return self._run_single(input, states)
        given = batch(input, batch_first=self.batch_first, lengths=lengths, reset=reset)
        return self._result(*self._run(given, states))

    def _run_single(self, x: Tensor, states: tuple[Tensor, ...] | None) -> tuple[Any, Any]:
        """One sequence (T, D) without a batch."""
        if states is not None:
            states = tuple(part.unsqueeze(1) for part in states)
        y, last = self._run(batch(x.unsqueeze(1)), states)
        assert isinstance(y, Tensor)
        return self._result(y.squeeze(1), tuple(part.squeeze(1) for part in last))

    def _result(self, y: Any, last: tuple[Tensor, ...]) -> tuple[Any, Any]:
        return y, last if self.mode == "LSTM" else last[0]

    def _run(
        self, given: Batch, states: tuple[Tensor, ...] | None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, ...]]:
        directions = 1 + self.bidirectional
        if states is None:
            count = self.num_layers * directions
            states = tuple(given.x.new_zeros(count, given.rows, size) for size in self._sizes())
        else:
            states = tuple(given.states_in(part) for part in states)
        demand = Demand(given.sequences)
        passes = [
            partial(self._pass, names, tuple(part[index] for part in states), demand)
            for index, names in enumerate(self._all_weights)
        ]
        seen = through(passes, given.x, directions, self.dropout, self.training)
        last = [torch.stack([one.final[name] for one in seen]) for name in self.cell.states]
        return given.output(joined(seen, directions)), tuple(given.states_out(one) for one in last)

    def _pass(
        self, names: list[str], state: tuple[Tensor, ...], demand: Demand, x: Tensor,
        place: tuple[int, int],
    ) -> Results:  # fmt: skip
        weights = [getattr(self, name) for name in names]
        states = dict(zip(self.cell.states, state, strict=True))
        parameters = by_name(self.mode, weights)
        ordered = {name: parameters[name] for name in self.cell.parameters}
        arguments = Arguments({"x": x}, states, ordered, layer=place[0], direction=place[1])
        return run(self.variant, arguments, demand)

    def _sizes(self) -> tuple[int, ...]:
        """The sizes of h and, if there is one, c."""
        size = self.proj_size or self.hidden_size
        return (size, self.hidden_size) if self.mode == "LSTM" else (size,)

    def _parts(self, hx: Any) -> tuple[Any, ...]:
        return tuple(hx) if self.mode == "LSTM" else (hx,)

    def _fits(self, input: Any, hx: Any) -> bool:
        """Whether torch would accept this call; if not, torch is the one to say why."""
        packed = isinstance(input, PackedSequence)
        x = input.data if packed else input
        if not isinstance(x, Tensor) or x.dim() not in ((2,) if packed else (2, 3)):
            return False
        if 0 in x.shape or x.shape[-1] != self.input_size or not self._types_fit(x):
            return False
        if packed:
            rows: tuple[int, ...] = (int(input.batch_sizes[0]),)
        else:
            rows = (x.shape[0 if self.batch_first else 1],) if x.dim() == 3 else ()
        return hx is None or self._states_fit(x, hx, rows)

    def _types_fit(self, x: Tensor) -> bool:
        weight: Tensor = getattr(self, self._flat_weights_names[0])
        same = x.dtype == weight.dtype or torch.is_autocast_enabled(x.device.type)
        return same and x.device == weight.device

    def _states_fit(self, x: Tensor, hx: Any, rows: tuple[int, ...]) -> bool:
        if self.mode == "LSTM" and not (isinstance(hx, tuple | list) and len(hx) == 2):
            return False
        layers = self.num_layers * (1 + self.bidirectional)
        return all(
            isinstance(part, Tensor) and part.shape == (layers, *rows, size)
            and part.device == x.device and self._types_fit(part)
            for part, size in zip(self._parts(hx), self._sizes(), strict=True)
        )  # fmt: skip


def _compiled(input: Tensor | PackedSequence) -> bool:
    """Whether Elman is the one to run this: on other devices torch has kernels of its own, and what
    is traced for export is written in torch's own operations.
    """
    tracing: bool = torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    return not tracing and (input.data if isinstance(input, PackedSequence) else input).is_cpu


class RNN(DropIn):
    """`torch.nn.RNN`, compiled: same arguments, parameters, results and errors.

    J. L. Elman, Cognitive Science 14, 1990; the equation is on torch's page.
    """

    theirs = nn.RNN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        # torch's fourth argument by position, and by name
        given = list(args)
        self.nonlinearity = given.pop(3) if len(given) > 3 else kwargs.pop("nonlinearity", "tanh")
        modes = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}
        if self.nonlinearity not in modes:
            raise ValueError(
                f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(modes[self.nonlinearity], *given, **kwargs)


class GRU(DropIn):
    """`torch.nn.GRU`, compiled: same arguments, parameters, results and errors.

    The reset gate multiplies after the product: K. Cho et al., arXiv:1406.1078v1.
    """

    theirs = nn.GRU

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class LSTM(DropIn):
    """`torch.nn.LSTM`, compiled: same arguments, parameters, results and errors.

    S. Hochreiter and J. Schmidhuber, Neural Computation 9, 1997; forget gate: F. A. Gers et al.,
    Neural Computation 12, 2000; projection: H. Sak et al., arXiv:1402.1128.
    """

    theirs = nn.LSTM
    check_forward_args: Any = nn.LSTM.check_forward_args
    permute_hidden: Any = nn.LSTM.permute_hidden
    get_expected_cell_size = nn.LSTM.get_expected_cell_size

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)
