"""Recurrent: any cell as a torch layer.

In: a cell and sizes. Out: a module that runs it over batches of sequences, several layers deep and
in both directions, on the fastest target there is for the tensors at hand. One direction of one
layer is a `Layer`; targets themselves live in `kernels`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from elman.equations import Cell
from elman.errors import ConfigError, ShapeError
from elman.kernels import Demand, Results
from elman.layers.batch import Batch, Flags, Numbers, batch
from elman.layers.frozen import Frozen
from elman.layers.layer import is_heard
from elman.layers.layered import Layered, by_layer
from elman.layers.make import Rates, make
from elman.layers.passes import joined, through
from elman.layers.state import State, as_state, as_tuple
from elman.layers.unrolled import Unrolled

Tensors = Mapping[str, Tensor]
Recorded = dict[str, Tensor | tuple[Tensor, ...]]


class Recurrent(Layered):
    """A stack of layers of one cell.

    `cell` is a Cell, the name of one on the shelf (`"lstm"`), a path to its equations, or the
    equations themselves. `input_size` is D and `hidden_size` H of the equations; other sizes that
    they declare are given in `sizes`. With `bidirectional`, every layer has a second one that reads
    from the last step to the first, and their outputs stand side by side.

    What is left out in training: `dropout`, units between layers, drawn anew at every step;
    `input_dropout` and `state_dropout`, units of every layer's input and of the states where
    matrices apply to them, the same ones at every step of a row (Y. Gal and Z. Ghahramani, NIPS
    2016); `zoneout`, units of the states that keep their value (D. Krueger et al., ICLR 2017), one
    rate for all states or `{"c": 0.5, "h": 0.05}`. The same seed of torch gives the same bits, for
    any number of threads.

    With `learn_start`, the state before the first step is learned. `target` is `"auto"` (compiled
    code where it can be used), `"llvm"` or `"eager"`. With `precision="bf16"`, matrix products are
    of numbers rounded to bf16, with sums, gates and states in single precision: twice as fast on a
    processor with AVX512-BF16, slower on others. Parameters are named by the equations:
    `layers.0.W_r`, `backwards.0.W_r`, `layers.0.start.h`. Raises ConfigError or ShapeError where
    something does not fit the cell.
    """

    def __init__(
        self,
        cell: Cell | str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        input_dropout: float = 0.0,
        state_dropout: float = 0.0,
        zoneout: Rates = 0.0,
        learn_start: bool = False,
        target: str = "auto",
        precision: str = "full",
        sizes: Mapping[str, int] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        made = make(
            cell, input_size, hidden_size, num_layers, bidirectional=bidirectional,
            dropout=dropout, input_dropout=input_dropout, state_dropout=state_dropout,
            zoneout=zoneout, learn_start=learn_start, target=target, precision=precision,
            sizes=sizes, device=device, dtype=dtype,
        )  # fmt: skip
        super().__init__(made)
        self.batch_first = batch_first
        self._further = {leaf.name for leaf in self.cell.step.inputs} - {"x"}
        self._statics = {leaf.name for leaf in self.cell.step.statics}
        self.held: Frozen | None = None
        self._unrolled = Unrolled()

    def forward(
        self,
        x: Tensor | PackedSequence,
        state: State | None = None,
        *,
        lengths: Numbers | None = None,
        reset: Flags | None = None,
        inputs: Tensors | None = None,
        static: Tensors | None = None,
        return_states: str = "last",
        record: Sequence[str] = (),
    ) -> tuple[Tensor | PackedSequence, State] | tuple[Tensor | PackedSequence, State, Recorded]:
        """Run over a batch of sequences.

        `x` is (T, B, D), or (B, T, D) if `batch_first`, or packed; the output is shaped alike, and
        T may be 0. `state` and the state returned are (L, B, size), a tuple of them in the order of
        the cell's states if there are several; none means the start. `inputs` (shaped as x) and
        `static` (B, size) hold the cell's further inputs by name; every layer gets them.

        `lengths` (B,) says how many steps each row has, in any order, 0 allowed: what stands behind
        is not read, the output there is 0, and the last state is that of the row's own last step.
        Time goes with the sum of lengths. `reset` (T, B), or (B, T) if `batch_first`, is true
        where a row begins anew before that step: its state goes back to the start, and no gradient
        passes.

        `return_states="all"` gives every state at every step instead of the last, (L, T, B, size),
        or (L, B, T, size) if `batch_first`, differentiable. `record` names quantities of the
        equations to see: a third result holds them by name, shaped as all states are, without
        gradient (a tuple over the layers where their sizes differ).
        """
        further = not (inputs is None and static is None)
        plain = type(record) is tuple and not record and return_states == "last"
        if plain and lengths is None and reset is None and not further:
            found = self._once_more(x, state)
            if found is not None:
                return found
        inputs, static = {} if inputs is None else inputs, {} if static is None else static
        self._check(x)
        self.check_wish(return_states)
        if further or self._further or self._statics:
            self._check_further(inputs, static)
        record = _quantities(record)
        given = batch(x, batch_first=self.batch_first, lengths=lengths, reset=reset)
        layers, every = self.stack, return_states == "all"
        before = self._before(state, given)
        demand = Demand(given.sequences, self.target, every, self.seed())
        more = {name: given.along(tensor) for name, tensor in inputs.items()}
        kept = [None] * len(layers) if self.held is None else self.held.packs
        passes = [
            partial(
                layer,
                packs=kept[index],
                state=before[index],
                demand=demand,
                inputs=more,
                statics=static,
                record=tuple(record),
            )
            for index, layer in enumerate(layers)
        ]
        directions = 1 + self.bidirectional
        seen = through(passes, given.x, directions, self.dropout, self.training)
        y = given.output(joined(seen, directions))
        parts = self.states_of(seen, every=every)
        states = as_state(
            tuple(_batch_first(p, given) if every else given.states_out(p) for p in parts)
        )
        return (y, states, _recorded(seen, given, record)) if record else (y, states)

    def step(
        self, x: Tensor, state: State | None = None, *, inputs: Tensors | None = None
    ) -> tuple[Tensor, State]:
        """One step of a stream: x (B, D) in, the output (B, H) and the state after it out.

        The same numbers, bit for bit, as a call with the whole sequence gives.
        """
        # hooks, and whoever has put something in the place of `forward`, want to hear of it
        alone = type(self).forward is Recurrent.forward and "forward" not in self.__dict__
        if alone and not inputs and type(x) is Tensor and x.dim() == 2 and not is_heard(self):
            found = self._short(x, state)
            if found is not None:
                return found
        self.check_step(x)
        time = 1 if self.batch_first else 0
        more = inputs and {name: tensor.unsqueeze(time) for name, tensor in inputs.items()}
        y, after = self(x.unsqueeze(time), state, inputs=more)
        return y.squeeze(time), after

    def frozen(self) -> Frozen:
        """A block in which weights do not change and no gradients are taken: `with net.frozen():`.

        Matrices are then laid out for compiled code once, instead of at every call, and `step`
        costs little beside its arithmetic: for reading and writing streams.
        """
        return Frozen(self)

    def extra_repr(self) -> str:
        """For print: what it was made with."""
        noise = {"input_dropout": self.noise.inputs, "state_dropout": self.noise.states}
        noise |= {"zoneout": dict(self.noise.zoneout)} if self.noise.zoneout else {}
        more = "".join(f", {name}={rate}" for name, rate in noise.items() if rate)
        two = ", bidirectional=True" if self.bidirectional else ""
        more += f", precision={self.precision!r}" if self.precision != "full" else ""
        return (
            f"{self.cell.name}, {self.input_size}, {self.hidden_size}, "
            f"num_layers={self.num_layers}, batch_first={self.batch_first}, "
            f"dropout={self.dropout}{two}{more}, target={self.target!r}"
        )

    def _short(self, x: Tensor, state: State | None) -> tuple[Tensor, State] | None:
        """A plain call so short that it is understood at once, or None."""
        held = self.held
        return self._unrolled.run(self, x, state) if held is None else held.run(x, state)

    def _once_more(
        self, x: Tensor | PackedSequence, state: State | None
    ) -> tuple[Tensor, State] | None:
        """A plain call that was made before (see `Unrolled` and `Layer.once_more`), or None."""
        if self.batch_first or type(x) is not Tensor or x.dim() != 3:
            return None
        found = self._short(x, state)
        layers = self.stack
        if found is not None or len(layers) != 1 or self.held is not None:
            return found
        before = None if state is None else self._of_one(state)
        if state is not None and before is None:
            return None
        seen = layers[0].once_more(x, before, self.target)
        if seen is None:
            return None
        return seen.outputs["y"], as_state(
            tuple([seen.final[name].unsqueeze(0) for name in self.cell.states])
        )

    def _of_one(self, state: State) -> tuple[Tensor, ...] | None:
        """The parts of a single layer's state, or None if it is none."""
        parts = as_tuple(state)
        if len(parts) != len(self.cell.states):
            return None
        for part in parts:
            if type(part) is not Tensor or part.dim() != 3 or part.shape[0] != 1:
                return None
        return tuple([part[0] for part in parts])

    def _before(self, state: State | None, given: Batch) -> list[tuple[Tensor, ...]]:
        """The states of every layer before the first step, rows as the kernel takes them."""
        if state is None:
            return self.first_states(given.rows, given.x)
        return by_layer([given.states_in(part) for part in self.parts(state, given.rows)])

    def _check(self, x: Tensor | PackedSequence) -> None:
        axes = "(rows, steps, features)" if self.batch_first else "(steps, rows, features)"
        packed = isinstance(x, PackedSequence)
        data = x.data if packed else x
        tensor = isinstance(data, Tensor)  # pyright: ignore[reportUnnecessaryIsInstance]
        if not tensor or data.layout != torch.strided:
            kind = f"a {data.layout} tensor" if tensor else type(data).__name__
            raise ShapeError(f"input must be a dense tensor or a PackedSequence, not {kind}")
        if data.dim() != (2 if packed else 3) or data.shape[-1] != self.input_size:
            axes = "(items, features)" if packed else axes
            raise ShapeError(
                f"input must have shape {axes} with {self.input_size} features, "
                f"not {tuple(data.shape)}"
            )

    def _check_further(self, inputs: Tensors, static: Tensors) -> None:
        """Raise unless exactly the inputs beside x came, as wide as the layers."""
        _named("inputs", self._further, inputs)
        _named("static", self._statics, static)
        # layers have all sizes but D in common
        step = self.cell.step
        sizes = {size: n for size, n in self.stack[0].sizes.items() if size != "D"}
        for leaf in (*step.inputs, *step.statics):
            given = (static if leaf in step.statics else inputs).get(leaf.name)
            if (
                given is not None
                and given.dim()
                and given.shape[-1] != sizes.get(leaf.size, given.shape[-1])
            ):
                raise ShapeError(
                    f"{leaf.name!r} must have {sizes[leaf.size]} features ({leaf.size}), not "
                    f"{given.shape[-1]}"
                )


def _batch_first(tensor: Tensor, given: Batch) -> Tensor:
    """Values of all layers (L, T, B, size) as the caller lays out sequences."""
    return tensor.transpose(1, 2) if given.batch_first else tensor


def _recorded(seen: list[Results], given: Batch, names: Sequence[str]) -> Recorded:
    found: Recorded = {}
    for name in names:
        parts = tuple(one.recorded[name] for one in seen)
        alike = len({part.shape for part in parts}) == 1
        found[name] = _batch_first(torch.stack(parts), given) if alike else parts
    return found


def _quantities(record: object) -> tuple[str, ...]:
    """The names to record, also a single one; ConfigError for anything else."""
    if isinstance(record, str):
        return (record,)
    if isinstance(record, list | tuple) and all(isinstance(name, str) for name in record):
        return tuple(record)
    raise ConfigError(f"record takes names of quantities, as record=['f'], not {record!r}")


def _is_named(given: object) -> bool:
    """Whether these are tensors by name."""
    values = given.values() if isinstance(given, Mapping) else (given,)
    return all(isinstance(value, Tensor) for value in values) and isinstance(given, Mapping)


def _named(kind: str, wanted: set[str], given: Tensors) -> None:
    """Raise unless exactly the wanted tensors came."""
    if not _is_named(given):
        example = next(iter(sorted(wanted)), "v")
        raise ShapeError(
            f"{kind}= takes tensors by their names in the equations: {kind}={{{example!r}: tensor}}"
        )
    if not wanted and not given:
        return
    if missing := wanted - given.keys():
        example = ", ".join(f"{name!r}: tensor" for name in sorted(missing))
        raise ShapeError(
            f"the cell reads {', '.join(sorted(missing))} beside x: call the layer with "
            f"{kind}={{{example}}}"
        )
    if extra := given.keys() - wanted:
        raise ShapeError(f"{kind} has {sorted(extra)}, which the cell does not read")
