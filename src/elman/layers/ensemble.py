"""Ensemble: many networks of one shape, each with weights of its own, in one call.

For seeds, search, and populations in reinforcement learning: networks too small to fill a processor
one at a time. The threads share the members out among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from elman.equations import Cell
from elman.errors import ConfigError, ShapeError
from elman.kernels import Demand, Sequences
from elman.layers.batch import Flags, Numbers, batch
from elman.layers.layer import Layer
from elman.layers.make import Rates, make, whole
from elman.layers.passes import joined, stacked, through
from elman.layers.recurrent import Recurrent
from elman.layers.state import State, as_state, as_tuple


class Ensemble(nn.Module):
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
        sizes: Mapping[str, int] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if whole("members", members) < 1:
            raise ConfigError(f"an ensemble has at least one member, not {members}")
        made = make(
            cell, input_size, hidden_size, num_layers, bidirectional=bidirectional,
            dropout=dropout, input_dropout=input_dropout, state_dropout=state_dropout,
            zoneout=zoneout, learn_start=learn_start, target=target, sizes=sizes, device=device,
            dtype=dtype, members=members,
        )  # fmt: skip
        if len(made.cell.step.inputs) > 1 or made.cell.step.statics:
            raise ConfigError(
                f"{made.cell.name} reads more than x: ensembles are of cells that read x alone"
            )
        self.cell, self.noise, self.output_size = made.cell, made.noise, made.output_size
        self.members, self.num_layers = members, num_layers
        self.input_size, self.hidden_size = input_size, hidden_size
        self.bidirectional, self.dropout, self.target = bidirectional, dropout, target
        self._more: dict[str, Any] = {"learn_start": learn_start, "sizes": sizes}
        self.layers, self.backwards = nn.ModuleList(made.forwards), nn.ModuleList(made.backwards)

    @classmethod
    def of(cls, nets: Sequence[Recurrent]) -> Ensemble:
        """An ensemble of nets that are alike, with copies of their weights."""
        if not nets:
            raise ConfigError("an ensemble has at least one member: Ensemble.of([Recurrent(...)])")
        first = nets[0]
        for number, net in enumerate(nets):
            if repr(net) != repr(first):
                raise ConfigError(f"members must be alike, but net {number} is {net!r}")
        some = first.stack[0].some(torch.empty(0))
        made = cls(
            first.cell, len(nets), first.input_size, first.hidden_size, first.num_layers,
            dropout=first.dropout, bidirectional=first.bidirectional,
            input_dropout=first.noise.inputs, state_dropout=first.noise.states,
            zoneout=dict(first.noise.zoneout), learn_start=first.stack[0].start is not None,
            target=first.target, sizes=_further_sizes(first.stack[0]), device=some.device,
            dtype=some.dtype,
        )  # fmt: skip
        parts = [net.state_dict() for net in nets]
        made.load_state_dict({name: torch.stack([p[name] for p in parts]) for name in parts[0]})
        return made.train(first.training)

    def member(self, number: int) -> Recurrent:
        """One of the members, with a copy of its weights."""
        if not -self.members <= whole("number", number) < self.members:
            raise ConfigError(f"there is no member {number}: there are {self.members}, from 0 on")
        some = self.stack[0].some(torch.empty(0))
        net = Recurrent(
            self.cell, self.input_size, self.hidden_size, self.num_layers, dropout=self.dropout,
            bidirectional=self.bidirectional, input_dropout=self.noise.inputs,
            state_dropout=self.noise.states, zoneout=dict(self.noise.zoneout), target=self.target,
            device=some.device, dtype=some.dtype, **self._more,
        )  # fmt: skip
        net.load_state_dict({name: part[number] for name, part in self.state_dict().items()})
        return net.train(self.training)

    @property
    def stack(self) -> list[Layer]:
        """The layers, first to last; of two directions, forwards before backwards in each layer."""
        pairs = [self.layers, self.backwards] if self.bidirectional else [self.layers]
        return [layer for layers in zip(*pairs, strict=True) for layer in layers]  # pyright: ignore

    def reset_parameters(self) -> None:
        """Start all members again."""
        for layer in self.stack:
            layer.reset_parameters()

    def zero_state(self, rows: int, like: Tensor | None = None) -> State:
        """The state before anything was read, (L, members, rows, size) each."""
        like = torch.empty(0) if like is None else like
        firsts = [layer.first_state(rows, layer.some(like)) for layer in self.stack]
        return as_state(tuple(torch.stack(parts) for parts in zip(*firsts, strict=True)))

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
        if return_states not in ("last", "all"):
            raise ConfigError(f"return_states must be 'last' or 'all', not {return_states!r}")
        layers, every = self.stack, return_states == "all"
        sequences = self._sequences(x, lengths, reset)
        random = self.training and self.noise.random
        seed = torch.randint(2**62, (), device="cpu") if random else None
        alone = sequences[0].whole
        demand = Demand(sequences[0], self.target, every, seed, () if alone else sequences)
        before = self._before(state, x)
        passes = [
            partial(layer, state=before[index], demand=demand) for index, layer in enumerate(layers)
        ]
        seen = through(passes, x, 1 + self.bidirectional, self.dropout, self.training)
        names = self.cell.states
        if every:
            after = (torch.stack([one.history[name] for one in seen]) for name in names)
        else:
            after = (stacked([one.final[name] for one in seen]) for name in names)
        return joined(seen, 1 + self.bidirectional), as_state(tuple(after))

    def step(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """One step of every member's stream: x (members, B, D) in, the output (members, B, H) and
        the state after it out.
        """
        if self.bidirectional:
            raise ConfigError("a bidirectional layer needs whole sequences: it has no single step")
        if x.dim() != 3:
            raise ShapeError(
                f"a step reads shape (members, rows, {self.input_size}), not {tuple(x.shape)}"
            )
        y, after = self(x[None], state)
        return y[0], after

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

    def _before(self, state: State | None, x: Tensor) -> list[tuple[Tensor, ...]]:
        """The states of every layer before the first step."""
        rows, layers = x.shape[2], self.stack
        if state is None:
            return [layer.first_state(rows, layer.some(x)) for layer in layers]
        parts, names = as_tuple(state), self.cell.states
        if len(parts) != len(names):
            raise ShapeError(f"{self.cell.name} has states {', '.join(names)}: {len(parts)} came")
        for part, (name, declared) in zip(parts, names.items(), strict=True):
            wanted = (len(layers), self.members, rows, layers[0].sizes[declared.size])
            if tuple(part.shape) != wanted:
                raise ShapeError(
                    f"state {name!r} must have shape {wanted} (layers, members, rows, units), not "
                    f"{tuple(part.shape)}"
                )
        return [tuple(part[index] for part in parts) for index in range(len(layers))]


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


def _further_sizes(layer: Layer) -> dict[str, int]:
    """The sizes that have to be said beside the input's and the state's."""
    return {name: number for name, number in layer.sizes.items() if name not in ("D", "H")}
