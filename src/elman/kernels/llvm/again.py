"""A call that has been made before, made again with other numbers.

For short calls, where finding out what to do takes longer than doing it. A call is remembered with
the recipes that it went by, there and back; whether another one is of its kind is seen from its
tensors alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.kernels.kernel import PLAIN, Arguments
from elman.kernels.llvm import bind, run

MOST = 16  # ways back that are remembered


class Back(NamedTuple):
    """A way back: which of the gradients that arrive are read, and for each tensor of the call
    which of those made is its gradient, and whether only its first step is.
    """

    recipe: bind.Recipe
    arriving: tuple[int, ...]
    found: tuple[tuple[int, bool] | None, ...]


class Again:
    """A call whose rows are whole, at least one step long, and whose step is not random; `training`
    if autograd has to know.

    Tensors come in the order of `names`, that of `Arguments.all`: `x` and the states, `changing` of
    them, are others at every call; parameters stay where they are, or it does not fit.
    """

    def __init__(self, kernel: bind.Kernel, arguments: Arguments) -> None:
        given = arguments.all()
        self.kernel = kernel
        self.names, self.training = tuple(given), wants_gradient(given.values())
        self.rows = arguments.table(kernel.step)
        self.arguments = arguments.hollow()
        self.recipe = bind.forward_recipe_of(kernel, arguments, self.rows, self.training)
        self.call = self.recipe.call(arguments, self.rows)
        self.changing = len(arguments.inputs) + len(arguments.states)
        tensors = list(given.values())
        self._layouts = [bind.layout(tensor) for tensor in tensors[: self.changing]]
        self._staying = [_place(tensor) for tensor in tensors[self.changing :]]
        self._fashion = run.fashion()
        at = self.recipe.names.index
        self._finals = [self._final(at(b), given[n]) for n, b in kernel.histories.items()]
        self._visible = [at(buffer) for buffer in kernel.visible]
        self._backs: dict[Hashable, Back] = {}
        self._start: tuple[Tensor, ...] | None = None

    def fits(self, tensors: Sequence[Tensor]) -> bool:
        """Whether a call with these tensors is of this kind."""
        changing = tensors[: self.changing]
        return (
            [bind.layout(tensor) for tensor in changing] == self._layouts
            and {type(tensor) for tensor in changing} <= PLAIN
            and [_place(tensor) for tensor in tensors[self.changing :]] == self._staying
            and run.fashion() == self._fashion
            and wants_gradient(tensors) == self.training
        )

    def run(self, tensors: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """The last states and the visible buffers, in this order; and every buffer that is filled,
        in the order of the recipe.
        """
        new = self.recipe.run(list(tensors), self.call)[: len(self.recipe.names)]
        final: list[Tensor] = []
        for at, first, size, room in self._finals:
            last = room.tensor(new[at].dtype)
            # every operation of torch costs: `new[at][step].clone()` takes three times as long
            ctypes.memmove(last.data_ptr(), new[at].data_ptr() + first, size)
            final.append(last)
        return (*final, *[new[at] for at in self._visible]), new

    def start(self, values: Iterable[float]) -> tuple[Tensor, ...]:
        """The states that are filled with these values; they are the call's own, not to be seen."""
        if self._start is None:
            with torch.inference_mode(False):
                self._start = tuple(
                    torch.full(shape, value, dtype=self.recipe.zeros.dtype, device="cpu")
                    for (_, _, _, (shape, _, _)), value in zip(self._finals, values, strict=True)
                )
        return self._start

    def _final(self, number: int, state: Tensor) -> tuple[int, int, int, bind.Room]:
        """Where the last value of a state is found: the number of the buffer, where it begins there
        and how long it is in bytes; and how it is laid out.
        """
        rows, units = state.shape
        size, step = rows * units * state.element_size(), self.rows.ends
        assert step is not None
        return number, step * size, size, bind.Room((rows, units), (units, 1), False)

    def back(
        self, saved: Sequence[Tensor], arrived: Sequence[Tensor | None], needs: tuple[bool, ...]
    ) -> list[Tensor | None]:
        """The gradient of each tensor that needs one.

        `saved` are the tensors of the call and every buffer that it filled, as they were laid out
        then; `arrived` what comes to the last states and the visible buffers.
        """
        layouts = [None if gradient is None else bind.layout(gradient) for gradient in arrived]
        kind = (needs, *layouts, *run.fashion())
        way = self._backs.get(kind)
        if way is None:
            if len(self._backs) >= MOST:
                self._backs.clear()
            way = self._backs[kind] = self._way(saved, arrived, needs)
        reads = [arrived[at] for at in way.arriving]
        new = way.recipe.run([*saved, *reads], self.call)  # pyright: ignore[reportArgumentType]
        return [at and (new[at[0]][0] if at[1] else new[at[0]]) for at in way.found]

    def named(self, saved: Sequence[Tensor], needs: Sequence[bool]) -> tuple[bind.Passed, set[str]]:
        """The call with these tensors, which are followed by what it made; and what needs a
        gradient.
        """
        arguments = self.arguments.having(dict(zip(self.names, saved, strict=False)))
        made = dict(zip(self.recipe.names, saved[len(self.names) :], strict=True))
        needed = {name for name, need in zip(self.names, needs, strict=True) if need}
        return bind.Passed(arguments, made), needed

    def _way(
        self, saved: Sequence[Tensor], arrived: Sequence[Tensor | None], needs: Sequence[bool]
    ) -> Back:
        passed, needed = self.named(saved, needs)
        gradients = bind.arrived_at(self.kernel, arrived)
        recipe, read = bind.backward_recipe_of(self.kernel, passed, gradients, needed)
        order = (*self.kernel.histories, *self.kernel.visible)
        places = [order.index(name) for name in read]
        found: list[tuple[int, bool] | None] = []
        for name in self.names:
            state = name in passed.arguments.states
            own = bind.CARRY + name if state else name
            # what nothing depends on smoothly has no gradient: a number that is only compared
            there = name in needed and own in recipe.names
            found.append((recipe.names.index(own), state) if there else None)
        return Back(recipe, tuple(places), tuple(found))


def _place(tensor: Tensor) -> Hashable:
    """Where a tensor lies, and how."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.is_neg()


def wants_gradient(tensors: Iterable[Tensor]) -> bool:
    """Whether autograd has to know of a call with these tensors."""
    return torch.is_grad_enabled() and True in [tensor.requires_grad for tensor in tensors]
