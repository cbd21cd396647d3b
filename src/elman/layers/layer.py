"""Layer: the parameters of a cell by the names of its equations; one layer in one direction."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    _has_any_global_hook,  # pyright: ignore[reportPrivateUsage]
)

from elman.equations import Cell
from elman.errors import ConfigError
from elman.kernels import (
    Arguments,
    Calls,
    Demand,
    Noise,
    Packs,
    Results,
    Variant,
    is_ordinary,
    run,
)
from elman.layers.start import start_

Tensors = Mapping[str, Tensor]


class Layer(nn.Module):
    """One layer in one direction.

    Parameters are named by the equations; with `learn_start`, `start` holds a learned vector for
    each state, which begins at what the equations declare. With `members`, everything is there so
    many times, side by side in a first axis.
    """

    def __init__(
        self,
        cell: Cell,
        sizes: Mapping[str, int],
        *,
        noise: Noise = Noise(),  # noqa: B008  it never changes
        learn_start: bool = False,
        members: int = 0,
        precision: str = "full",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.cell, self.sizes, self.noise, self.members = cell, dict(sizes), noise, members
        self.precision = precision
        before = (members,) if members else ()
        self._names = tuple(leaf.name for leaf in cell.step.parameters)
        self.start: nn.ParameterDict | None = None
        self._calls = Calls()
        self._refuse(name for name in self._names if hasattr(self, name))
        if learn_start:
            self._refuse(name for name in cell.states if hasattr(nn.ParameterDict, name))
        for name, parameter in cell.parameters.items():
            shape = (*before, *(sizes[size] for size in parameter.shape))
            empty = torch.empty(shape, device=device, dtype=dtype)
            self.register_parameter(name, nn.Parameter(empty))
        if learn_start:
            self.start = nn.ParameterDict()
            for state in cell.states.values():
                empty = torch.empty((*before, sizes[state.size]), device=device, dtype=dtype)
                self.start[state.name] = nn.Parameter(empty)
        self.reset_parameters()

    def _refuse(self, names: Iterable[str]) -> None:
        """ConfigError if there are names that torch's modules have for themselves."""
        for name in names:
            raise ConfigError(
                f"{self.cell.name}: a layer cannot hold {name!r}, a name that torch's modules have "
                "for themselves: take another one in the equations"
            )

    def reset_parameters(self) -> None:
        """Start again: what the equations declare, else uniform within 1 / sqrt(H)."""
        for name, parameter in self.cell.parameters.items():
            whole: Tensor = getattr(self, name)
            for one in whole if self.members else (whole,):
                start_(one, parameter.start, self.sizes["H"])
        for name in self.start or ():
            assert self.start is not None
            nn.init.constant_(self.start[name], self.cell.states[name].start)

    @property
    def output_size(self) -> int:
        """The number of units of the output."""
        return self.sizes[self.cell.step.by_role("output")[0].node.size]

    def weights(self) -> dict[str, Tensor]:
        """Parameters by name, also those that are computed from others (`torch.nn.utils`)."""
        own = self._parameters
        return {
            name: parameter if (parameter := own.get(name)) is not None else getattr(self, name)
            for name in self._names
        }

    def variant(self, record: tuple[str, ...] = (), *, random: bool = False) -> Variant:
        """What kernels are to run: with these quantities recorded, with or without chance."""
        return Variant(self.cell, record, self.noise, random, self.precision == "bf16")

    def own_weights(self) -> list[Tensor] | None:
        """The parameters in the order of `weights`; None if some are computed, which are another's
        and computed once for a call.
        """
        own = self._parameters
        found: list[Tensor] = [w for name in self._names if (w := own.get(name)) is not None]
        return found if len(found) == len(self._names) else None

    def is_plain(self) -> bool:
        """Whether a call is nothing but `forward` with one set of weights and nothing random."""
        if self.members or (self.training and self.noise.random):
            return False
        return type(self) is Layer and "forward" not in self.__dict__ and not is_heard(self)

    def extra_repr(self) -> str:
        """For print: the cell and its sizes."""
        sizes = ", ".join(f"{name}={number}" for name, number in self.sizes.items())
        return f"{self.cell.name}, {sizes}"

    def first_state(self, rows: int, like: Tensor) -> tuple[Tensor, ...]:
        """The states before anything was read, of the type of `like`: (rows, size) each, or
        (members, rows, size).
        """
        if self.start is not None:
            starts = self.fresh(like).values()
            return tuple(
                start.unsqueeze(-2).expand(*start.shape[:-1], rows, start.shape[-1])
                for start in starts
            )
        before = (self.members, rows) if self.members else (rows,)
        return tuple(
            like.new_full((*before, self.sizes[state.size]), state.start)
            for state in self.cell.states.values()
        )

    def some(self, like: Tensor) -> Tensor:
        """A parameter, whose type and device are the layer's; `like` if there is none."""
        for parameter in self._parameters.values():
            if parameter is not None:
                return parameter
        return next(iter(self.weights().values()), like)

    def fresh(self, like: Tensor) -> dict[str, Tensor]:
        """What a state begins with, and goes back to at a reset: a vector for each."""
        if self.start is not None:
            return {name: self.start[name] for name in self.cell.states}
        return {
            state.name: like.new_full((self.sizes[state.size],), state.start)
            for state in self.cell.states.values()
        }

    def once_more(self, x: Tensor, state: tuple[Tensor, ...] | None, target: str) -> Results | None:
        """What `forward` gives for the first layer of a plain call that it knows, with as little as
        can be in between: a short sequence takes less time than all the rest. None if it does not
        know it, or if there is more to do. Without a state, it is what the equations declare.
        """
        if not self.is_plain() or not is_ordinary():
            return None
        kind = self._kind(x, (0, 0), target, False)
        if state is None:
            starts = (declared.start for declared in self.cell.states.values())
            state = None if self.start else self._calls.start(kind, starts)
        weights = self.own_weights()
        if state is None or weights is None:
            return None
        return self._calls.again(kind, (x, *state, *weights), history=False)

    def _kind(self, x: Tensor, place: tuple[int, int], target: str, history: bool) -> Hashable:
        """What says of a plain call how it is made, besides the layout of its tensors."""
        grads = torch.is_grad_enabled()
        return x.shape, place, target, history, grads, self.precision, self.noise

    def forward(
        self,
        x: Tensor,
        place: tuple[int, int],
        *,
        state: tuple[Tensor, ...],
        demand: Demand,
        inputs: Tensors | None = None,
        statics: Tensors | None = None,
        record: tuple[str, ...] = (),
        packs: Packs | None = None,
    ) -> Results:
        """Run over x (T, B, D) from states (B, size).

        `place` is the number of the layer and its direction (1 runs from the last step to the
        first): masks are drawn for both. `packs` keep matrices while weights stand still.
        """
        random = self.training and self.noise.random
        weights = self.weights()
        usual = not (random or record or inputs or statics or packs or self.members)
        # a short call takes longer to be understood than to be made: look whether it is known
        usual = usual and demand.whole and is_ordinary()
        kind = self._kind(x, place, demand.target, demand.history)
        if usual:
            tensors = (x, *state, *weights.values())
            found = self._calls.again(kind, tensors, history=demand.history)
            if found is not None:
                return found
        variant = self.variant(record, random=random)
        step = self.cell.step
        arguments = Arguments(
            {"x": x, **(inputs or {})},
            {leaf.name: part for leaf, part in zip(step.states, state, strict=True)},
            weights,
            statics or {},
            fresh={} if demand.sequences.reset is None else self.fresh(x),
            layer=place[0],
            direction=place[1],
            packs=packs,
            members=self.members,
        )
        results = run(variant, arguments, demand)
        if usual:
            self._calls.remember(kind, variant, arguments, demand)
        return results


def is_heard(module: nn.Module) -> bool:
    """Whether hooks want to know of its calls."""
    of = module.__dict__
    hooks = of["_forward_hooks"], of["_forward_pre_hooks"], of["_backward_hooks"]
    return any(hooks) or bool(of["_backward_pre_hooks"]) or bool(_has_any_global_hook())
