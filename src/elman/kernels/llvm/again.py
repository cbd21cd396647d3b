"""A call that has been made before, made again with other numbers.

For short calls, where finding out what to do takes longer than doing it. A call is remembered with
the recipe that it went by; whether another one is of its kind is seen from its tensors alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from elman.kernels.kernel import Arguments
from elman.kernels.llvm import bind, run

KINDS = (Tensor, torch.nn.Parameter)  # others, such as those that only pretend, are looked into


class Again:
    """A call whose rows are whole and whose step is not random; `training` if autograd has to know.

    Tensors come in the order of `names`, that of `Arguments.all`: `x` and the states, `changing` of
    them, are others at every call; parameters stay where they are, or it does not fit.
    """

    def __init__(self, kernel: bind.Kernel, arguments: Arguments) -> None:
        given = arguments.all()
        self.names, self.training = tuple(given), wants_gradient(given.values())
        self.rows = arguments.table(kernel.step)
        self.arguments = arguments.hollow()
        self.recipe = bind.forward_recipe_of(kernel, arguments, self.rows, self.training)
        self.call = self.recipe.call(arguments, self.rows)
        self.changing = len(arguments.inputs) + len(arguments.states)
        tensors = list(given.values())
        self._layouts = [bind.layout(tensor) for tensor in tensors[: self.changing]]
        self._kinds = [(tensor.dtype, tensor.shape) for tensor in tensors[self.changing :]]
        self._places = [tensor.data_ptr() for tensor in tensors[self.changing :]]
        self._fashion = run.fashion()
        self._finals = [
            (name, self.recipe.names.index(buffer), self.names.index(name))
            for name, buffer in kernel.histories.items()
        ]

    def fits(self, tensors: Sequence[Tensor]) -> bool:
        """Whether a call with these tensors is of this kind."""
        changing = tensors[: self.changing]
        if [bind.layout(tensor) for tensor in changing] != self._layouts:
            return False
        if any(type(tensor) not in KINDS for tensor in changing):
            return False
        staying = tensors[self.changing :]
        return (
            [tensor.data_ptr() for tensor in staying] == self._places
            and [(tensor.dtype, tensor.shape) for tensor in staying] == self._kinds
            and run.fashion() == self._fashion
            and wants_gradient(tensors) == self.training
        )

    def run(self, tensors: Sequence[Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The last states, and every buffer that is filled, as `bind.forward` gives them."""
        new = self.recipe.run(list(tensors), self.call)
        final = {n: bind.final(self.rows, new[at], tensors[s]) for n, at, s in self._finals}
        return final, dict(zip(self.recipe.names, new, strict=False))


def wants_gradient(tensors: Iterable[Tensor]) -> bool:
    """Whether autograd has to know of a call with these tensors."""
    return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
