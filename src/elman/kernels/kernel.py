"""What every target offers: a step run over whole sequences, differentiable by torch.

`Arguments` carries the tensors by name; `Results` brings them back. Sequences are (T, B, size),
states (B, size), parameters as the step declares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from elman.errors import ShapeError
from elman.graph.step import Step
from elman.kernels.rows import Rows, full

Tensors = Mapping[str, Tensor]


NOTHING = torch.empty(0, device="cpu")
PLAIN = {Tensor, torch.nn.Parameter}  # others, such as those that only pretend, are looked into


def _nothing() -> dict[str, Tensor]:
    return {}  # torch.compile cannot follow a call of dict[str, Tensor]


class Packs:
    """The matrices of one layer as a target wants to read them, kept while no weight changes.

    A target keeps here what it makes of them, under a key of its own.
    """

    def __init__(self) -> None:
        self.memory: dict[object, Tensor] = {}


@dataclass(frozen=True)
class Arguments:
    """The tensors of one call, by the names of the step's leaves.

    `fresh` holds the values (size,) that a reset puts states back to, zeros for those not named.
    `seed`, `layer` and `direction` say which random numbers the step's masks take (see
    `graph.counter`). `packs` is given where the parameters are the same from call to call.

    With `members`, so many sets of weights are run in one call, each on rows of its own: every
    tensor has one more axis, the second of sequences (T, members, B, size) and else the first. What
    resets go to may lack it. Member m takes the random numbers of `seed` + m.
    """

    inputs: Tensors
    states: Tensors
    parameters: Tensors
    statics: Tensors = field(default_factory=_nothing)
    rows: Rows | None = None
    fresh: Tensors = field(default_factory=_nothing)
    seed: int = 0
    layer: int = 0
    direction: int = 0
    packs: Packs | None = None
    members: int = 0

    def all(self) -> dict[str, Tensor]:
        """Every tensor by name; what a reset puts `h` back to is `fresh h`."""
        fresh = {f"fresh {name}": tensor for name, tensor in self.fresh.items()}
        return {**self.inputs, **self.statics, **self.states, **self.parameters, **fresh}

    def having(self, tensors: Tensors) -> Arguments:
        """The same call with other tensors, by the names of `all`."""

        def of(group: Tensors, kind: str = "") -> dict[str, Tensor]:
            return {name: tensors[kind + name] for name in group}

        return replace(
            self,
            inputs=of(self.inputs),
            statics=of(self.statics),
            states=of(self.states),
            parameters=of(self.parameters),
            fresh=of(self.fresh, "fresh "),
        )

    def hollow(self) -> Arguments:
        """The same call without its tensors, to be given some by `having`."""
        given = (self.inputs, self.states, self.parameters, self.statics, self.fresh)
        inputs, states, parameters, statics, fresh = (dict.fromkeys(g, NOTHING) for g in given)
        return Arguments(
            inputs, states, parameters, statics, self.rows, fresh, self.seed, self.layer,
            self.direction, None, self.members,
        )  # fmt: skip

    def at(self, rows: Rows, seed: int) -> Arguments:
        """The same tensors with a table of rows and a seed."""
        return Arguments(
            self.inputs, self.states, self.parameters, self.statics, rows, self.fresh, seed,
            self.layer, self.direction, self.packs, self.members,
        )  # fmt: skip

    def member(self, number: int) -> Arguments:
        """What one of several members gets."""

        def of(group: Tensors) -> dict[str, Tensor]:
            return {name: tensor.select(axis_of(tensor), number) for name, tensor in group.items()}

        fresh = self.fresh.items()
        return Arguments(
            of(self.inputs), of(self.states), of(self.parameters), of(self.statics), self.rows,
            {name: part[number] if part.dim() == 2 else part for name, part in fresh},
            self.seed + number, self.layer, self.direction,
        )  # fmt: skip

    def table(self, step: Step) -> Rows:
        """The row table: the one given, or every row with every step."""
        if self.rows is not None:
            return self.rows
        if self.inputs:
            some = self.inputs[step.inputs[0].name]
            return full(some.shape[0], some.shape[1])
        raise ShapeError(f"{step.name}: a cell without inputs needs rows= to know how long to run")


def axis_of(tensor: Tensor) -> int:
    """The axis of members in what several of them have: sequences have their time before it."""
    return 1 if tensor.dim() == 4 else 0


@dataclass(frozen=True)
class Results:
    """What a call gives: `outputs` (T, B, size), `final` states (B, size), and histories.

    `history` holds every state after every step, (T, B, size), if it was asked for. `recorded`
    values carry no gradient.
    """

    outputs: Tensors
    final: Tensors
    history: Tensors = field(default_factory=_nothing)
    recorded: Tensors = field(default_factory=_nothing)


class Kernel(Protocol):
    """A step on a target."""

    step: Step

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences."""
        ...


def check_axes(step: Step, arguments: Arguments, rows: Rows) -> None:
    """ShapeError unless all tensors are on one device, and as long and as wide as the rows.

    Compiled code goes where the row table says, whatever the tensor: this is what stands before it.
    """
    tensors = arguments.all()
    places: dict[torch.device, list[str]] = {}
    for name, tensor in tensors.items():
        places.setdefault(tensor.device, []).append(name)
    if len(places) > 1:
        listed = "; ".join(
            f"{', '.join(names[:4])}{', ...' * (len(names) > 4)} on {device}"
            for device, names in places.items()
        )
        raise ShapeError(f"{step.name}: all tensors must be on one device, but there are {listed}")
    for leaf in step.inputs:
        shape = tuple(tensors[leaf.name].shape)
        if len(shape) != 3 or shape[:2] != rows.shape:
            raise ShapeError(
                f"{leaf.name!r} must have {rows.shape[0]} steps and {rows.shape[1]} rows: shape "
                f"({rows.shape[0]}, {rows.shape[1]}, size), not {shape}"
            )
    for leaf in step.states:
        fresh = arguments.fresh.get(leaf.name)
        if fresh is not None and fresh.shape != tensors[leaf.name].shape[1:]:
            raise ShapeError(f"a reset of {leaf.name!r} goes to one row, not {tuple(fresh.shape)}")
    for leaf in (*step.statics, *step.states):
        shape = tuple(tensors[leaf.name].shape)
        if len(shape) != 2 or shape[0] != rows.rows:
            raise ShapeError(
                f"{leaf.name!r} must have {rows.rows} rows: shape ({rows.rows}, size), not {shape}"
            )


def sizes_of(step: Step, tensors: Tensors) -> dict[str, int]:
    """The number behind every size symbol; ShapeError where two tensors disagree."""
    sizes: dict[str, int] = {"1": 1}
    blame: dict[str, str] = {}
    for leaf in (*step.inputs, *step.statics, *step.states, *step.parameters):
        tensor = tensors[leaf.name]
        shape = tensor.shape[-len(leaf.shape) :] if leaf.shape else ()
        if len(shape) != len(leaf.shape):
            raise ShapeError(f"{leaf.name!r} has shape {tuple(tensor.shape)}, not {leaf.shape}")
        for symbol, number in zip(leaf.shape, shape, strict=True):
            if sizes.setdefault(symbol, number) != number:
                raise ShapeError(
                    f"{leaf.name!r} has size {number} where {blame[symbol]!r} makes "
                    f"{symbol} = {sizes[symbol]}"
                )
            blame.setdefault(symbol, leaf.name)
    return sizes


def checked_sizes(step: Step, arguments: Arguments, rows: Rows) -> dict[str, int]:
    """The number behind every size symbol; ShapeError unless the call can be run."""
    tensors = arguments.all()
    common_dtype(step.name, tensors)
    check_axes(step, arguments, rows)
    return sizes_of(step, tensors)


def is_promised(tensor: Tensor) -> bool:
    """Whether what lies in memory is not what the tensor holds: it stands for the negative of that,
    or for zeros that lie nowhere.
    """
    return tensor.is_neg() or tensor._is_zerotensor()


def common_dtype(name: str, tensors: Tensors) -> torch.dtype:
    """The one element type of all tensors."""
    first = next(iter(tensors.values())).dtype
    if all(tensor.dtype == first for tensor in tensors.values()):
        return first
    kinds: dict[torch.dtype, list[str]] = {}
    for key, tensor in tensors.items():
        kinds.setdefault(tensor.dtype, []).append(key)
    listed = "; ".join(
        f"{', '.join(names[:4])}{', ...' * (len(names) > 4)} of {dtype}"
        for dtype, names in kinds.items()
    )
    raise ShapeError(f"{name}: all tensors must have one type, but there are {listed}")
