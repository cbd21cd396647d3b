"""Layered: what nets of one set of weights and of many have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from elman.errors import ConfigError, ShapeError
from elman.kernels import Results
from elman.layers.layer import Layer
from elman.layers.make import Made
from elman.layers.state import State, as_state, as_tuple


class Layered(nn.Module):
    """Layers of one cell upon one another, in one direction or two.

    `members` is 0 for one set of weights; else so many stand side by side, in an axis of their own
    after that of the layers.
    """

    def __init__(self, made: Made) -> None:
        super().__init__()
        self.cell, self.noise, self.members = made.cell, made.noise, made.members
        self.input_size, self.hidden_size = made.input_size, made.hidden_size
        self.num_layers, self.output_size = len(made.forwards), made.output_size
        self.bidirectional, self.dropout = bool(made.backwards), made.dropout
        self.target, self.precision = made.target, made.precision
        self.layers, self.backwards = nn.ModuleList(made.forwards), nn.ModuleList(made.backwards)

    @property
    def stack(self) -> list[Layer]:
        """The layers, first to last; of two directions, forwards before backwards in each layer."""
        if not self.bidirectional:
            # a short call is made of such things: by its name in the module it takes a third
            return list(self._modules["layers"]._modules.values())  # pyright: ignore
        pairs = zip(self.layers, self.backwards, strict=True)
        return [layer for pair in pairs for layer in pair]  # pyright: ignore

    def options(self) -> dict[str, Any]:
        """What another net has to be made with to be like this one, besides cell and sizes."""
        layer = self.stack[0]
        some = layer.some(torch.empty(0))
        return {
            "dropout": self.dropout,
            "bidirectional": self.bidirectional,
            "input_dropout": self.noise.inputs,
            "state_dropout": self.noise.states,
            "zoneout": dict(self.noise.zoneout),
            "learn_start": layer.start is not None,
            "target": self.target,
            "precision": self.precision,
            "sizes": {name: n for name, n in layer.sizes.items() if name not in ("D", "H")},
            "device": some.device,
            "dtype": some.dtype,
        }

    def reset_parameters(self) -> None:
        """Start all layers again."""
        for layer in self.stack:
            layer.reset_parameters()

    def zero_state(self, rows: int, like: Tensor | None = None) -> State:
        """The state before anything was read, (L, rows, size) or (L, members, rows, size) each, of
        the parameters' type and device; a cell without parameters takes those of `like`.

        L counts layers, or layers times two directions.
        """
        like = torch.empty(0) if like is None else like
        firsts = [layer.first_state(rows, layer.some(like)) for layer in self.stack]
        return as_state(tuple(torch.stack(parts) for parts in zip(*firsts, strict=True)))

    def step(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """One step of a stream: x (B, D) or (members, B, D) in, the output and the state after it
        out. The same numbers, bit for bit, as a call with the whole sequence gives.
        """
        self.check_step(x)
        y, after = self(x.unsqueeze(0), state)
        return y.squeeze(0), after

    def check_step(self, x: Tensor) -> None:
        """ConfigError or ShapeError unless x can be a step."""
        if self.bidirectional:
            raise ConfigError("a bidirectional layer needs whole sequences: it has no single step")
        if x.dim() != (3 if self.members else 2):
            axes = "(members, rows, " if self.members else "(rows, "
            raise ShapeError(f"a step reads shape {axes}{self.input_size}), not {tuple(x.shape)}")

    def check_wish(self, return_states: str) -> None:
        """ConfigError unless these are states that can be returned."""
        if return_states not in ("last", "all"):
            raise ConfigError(f"return_states must be 'last' or 'all', not {return_states!r}")

    def seed(self) -> Tensor | None:
        """A number for the masks of a call, from torch's generator, if there are any."""
        random = self.training and self.noise.random
        return torch.randint(2**62, (), device="cpu") if random else None

    def first_states(self, rows: int, like: Tensor) -> list[tuple[Tensor, ...]]:
        """The start of every layer."""
        return [layer.first_state(rows, layer.some(like)) for layer in self.stack]

    def parts(self, state: State, rows: int) -> tuple[Tensor, ...]:
        """A tensor for each state of the cell; ShapeError unless they fit."""
        parts, states = as_tuple(state), self.cell.states
        for part in parts:
            if not isinstance(part, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ShapeError(
                    f"state must be a tensor for each of {', '.join(states)}, not "
                    f"{type(part).__name__}"
                )
        if len(parts) != len(states):
            raise ShapeError(
                f"{self.cell.name} has {_count(len(states), 'state')} ({', '.join(states)}), "
                f"but {_count(len(parts), 'tensor')} came"
            )
        layers = self.stack
        before = (len(layers), self.members) if self.members else (len(layers),)
        axes = "layers, members, rows, units" if self.members else "layers, rows, units"
        for one, (name, declared) in zip(parts, states.items(), strict=True):
            wanted = (*before, rows, layers[0].sizes[declared.size])
            if tuple(one.shape) != wanted:
                raise ShapeError(
                    f"state {name!r} must have shape {wanted} ({axes}), not {tuple(one.shape)}"
                )
        return parts

    def states_of(self, seen: Sequence[Results], *, every: bool) -> list[Tensor]:
        """The last states of all layers, or those after every step: one tensor for each state of
        the cell, layers first.
        """
        if every:  # a copy: what is seen may be the output as well, and that may be written to
            histories = [one.history for one in seen]
            return [torch.stack([part[name] for part in histories]) for name in self.cell.states]
        return [_stacked([one.final[name] for one in seen]) for name in self.cell.states]


def by_layer(parts: Sequence[Tensor]) -> list[tuple[Tensor, ...]]:
    """The states of every layer, from those of all layers for each state."""
    return [tuple(part[index] for part in parts) for index in range(parts[0].shape[0])]


def _stacked(parts: list[Tensor]) -> Tensor:
    return parts[0].unsqueeze(0) if len(parts) == 1 else torch.stack(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
