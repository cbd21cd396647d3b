"""Ensemble: many networks of one shape, each with weights of its own, in one call.

For seeds, search, and populations in reinforcement learning: networks too small to fill a processor
one at a time. The threads share the members out among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from elman.equations import Cell
from elman.errors import ConfigError, ShapeError
from elman.kernels import Demand, Sequences
from elman.layers.batch import Flags, Numbers, batch
from elman.layers.layered import Layered, by_layer
from elman.layers.make import Rates, make, whole
from elman.layers.passes import joined, through
from elman.layers.recurrent import Recurrent
from elman.layers.state import State, as_state


class Ensemble(Layered):
    """`members` networks of the same cell and sizes, which know nothing of one another.

    Arguments are those of `Recurrent`, but for the number of members, and time always comes first.
    Parameters are named as there and hold all members, `layers.0.W_r` (members, H, D); an optimizer
    that works on each number for itself, such as Adam, trains every member as it would alone.
    `member(m)` gives one of them, `Ensemble.of` joins several. Raises ConfigError or ShapeError
    where something does not fit.
    """

    def __init__(
        self,
        cell: Cell | str,
        members: int,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
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
        if whole("members", members) < 1:
            raise ConfigError(f"an ensemble has at least one member, not {members}")
        made = make(
            cell, input_size, hidden_size, num_layers, bidirectional=bidirectional,
            dropout=dropout, input_dropout=input_dropout, state_dropout=state_dropout,
            zoneout=zoneout, learn_start=learn_start, target=target, precision=precision,
            sizes=sizes, device=device, dtype=dtype, members=members,
        )  # fmt: skip
        if len(made.cell.step.inputs) > 1 or made.cell.step.statics:
            raise ConfigError(
                f"{made.cell.name} reads more than x: ensembles are of cells that read x alone"
            )
        super().__init__(made)

    @classmethod
    def of(cls, nets: Sequence[Recurrent]) -> Ensemble:
        """An ensemble of nets that are alike, with copies of their weights."""
        if not nets:
            raise ConfigError("an ensemble has at least one member: Ensemble.of([Recurrent(...)])")
        first = nets[0]
        for number, net in enumerate(nets):
            if _facts(net) != _facts(first):
                raise ConfigError(f"members must be alike, but net {number} is {net!r}")
        size = first.input_size, first.hidden_size, first.num_layers
        made = cls(first.cell, len(nets), *size, **first.options())
        parts = [net.state_dict() for net in nets]
        made.load_state_dict({name: torch.stack([p[name] for p in parts]) for name in parts[0]})
        return made.train(first.training)

    def member(self, number: int) -> Recurrent:
        """One of the members, with a copy of its weights."""
        if not -self.members <= whole("number", number) < self.members:
            raise ConfigError(f"there is no member {number}: there are {self.members}, from 0 on")
        size = self.input_size, self.hidden_size, self.num_layers
        net = Recurrent(self.cell, *size, **self.options())
        net.load_state_dict({name: part[number] for name, part in self.state_dict().items()})
        return net.train(self.training)

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        *,
        lengths: Numbers | None = None,
        reset: Flags | None = None,
        return_states: str = "last",
    ) -> tuple[Tensor, State]:
        """Run every member over its rows.

        `x` is (T, members, B, D), or (T, B, D) where all members read the same; the output is
        (T, members, B, H). `state` and the state returned are (L, members, B, size), a tuple of
        them if the cell has several; none means the start. `return_states="all"` gives every state
        at every step, (L, T, members, B, size).

        `lengths` (B,) or (members, B) and `reset` (T, B) or (T, members, B) are those of
        `Recurrent`; members then run one after the other.
        """
        x = self._every(x)
        self.check_wish(return_states)
        every, rows = return_states == "all", x.shape[2]
        sequences = self._sequences(x, lengths, reset)
        alone = sequences[0].whole
        demand = Demand(sequences[0], self.target, every, self.seed(), () if alone else sequences)
        start = state is None
        before = self.first_states(rows, x) if start else by_layer(self.parts(state, rows))
        passes = [
            partial(layer, state=before[index], demand=demand)
            for index, layer in enumerate(self.stack)
        ]
        seen = through(passes, x, 1 + self.bidirectional, self.dropout, self.training)
        after = as_state(tuple(self.states_of(seen, every=every)))
        return joined(seen, 1 + self.bidirectional), after

    def extra_repr(self) -> str:
        """For print: what it was made with."""
        return (
            f"{self.cell.name}, {self.members} members, {self.input_size}, {self.hidden_size}, "
            f"num_layers={self.num_layers}, target={self.target!r}"
        )

    def _every(self, x: Tensor) -> Tensor:
        """The input of every member, (T, members, B, D)."""
        if not isinstance(x, Tensor) or x.layout != torch.strided:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ShapeError(f"input must be a dense tensor, not {type(x).__name__}")
        shape = tuple(x.shape)
        if x.dim() == 3:
            x = x[:, None].expand(-1, self.members, -1, -1)
        if x.dim() != 4 or x.shape[1] != self.members or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"input must have shape (steps, {self.members} members, rows, {self.input_size} "
                f"features) or, the same for all, (steps, rows, {self.input_size}), not {shape}"
            )
        return x

    def _sequences(
        self, x: Tensor, lengths: Numbers | None, reset: Flags | None
    ) -> tuple[Sequences, ...]:
        """What is known of each member's rows; one for all where they are whole."""
        if lengths is None and reset is None:
            return (Sequences(x.shape[0], x.shape[2]),)
        shape = x.shape[:3]
        uneven = _given("lengths", lengths, (shape[2],), shape[1:])
        anew = _given("reset", reset, (shape[0], shape[2]), shape)

        def of(number: int) -> Sequences:
            own = None if uneven is None else uneven[number]
            flags = None if anew is None else anew[:, number]
            return batch(x[:, number], lengths=own, reset=flags).sequences

        return tuple(of(number) for number in range(self.members))


def _given(name: str, value: Any, shared: tuple[int, ...], whole: tuple[int, ...]) -> Tensor | None:
    """What was given of every member's rows, with members in the axis before the last one."""
    if value is None:
        return None
    tensor = torch.as_tensor(value, device="cpu")
    if tuple(tensor.shape) == shared:
        return tensor.unsqueeze(-2).expand(whole)
    if tuple(tensor.shape) == tuple(whole):
        return tensor
    raise ShapeError(
        f"{name} must have shape {tuple(whole)} or, the same for all members, {shared}, not "
        f"{tuple(tensor.shape)}"
    )


def _facts(net: Recurrent) -> tuple[Any, ...]:
    """What members must have in common."""
    return net.cell, net.input_size, net.hidden_size, net.num_layers, net.training, net.options()
