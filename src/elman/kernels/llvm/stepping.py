"""One step of a stream again and again, there and back, with nothing left to find out but where its
tensors lie.

Made from the tensors of one step, for its number of rows. Parameters must stay where they are. None
of it is safe in two threads at a time: there is one frame.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from elman.kernels.kernel import Arguments
from elman.kernels.llvm import bind, pool
from elman.kernels.llvm.run import Call
from elman.kernels.rows import Rows


class _Standing:
    """A call whose frame is filled but for the addresses of its tensors of some numbers."""

    def __init__(
        self, recipe: bind.Recipe, rows: Rows, given: Sequence[Tensor], changing: Sequence[int]
    ) -> None:
        form, compiled = recipe.form, recipe.compiled
        made = [room.tensor(recipe.zeros.dtype) for room in recipe.rooms]
        tensors = [*map(bind.tidied, given), *made, recipe.zeros]
        workspace = torch.empty(form.bytes, dtype=torch.uint8, device="cpu")
        addresses = [tensor.data_ptr() for tensor in tensors]
        self._frame = compiled.frame(form, Call(rows, recipe.sizes), addresses, workspace)
        left = [tensor for number, tensor in enumerate(tensors) if number not in changing]
        self._alive = rows, left, workspace, compiled
        self._entry, self._threads = compiled.entry, form.threads
        self._packed, self._mode = compiled.layout.slot("packed"), compiled.layout.slot("mode")
        places = {number: place for place, number in enumerate(changing)}
        self._open = tuple((word, places[n]) for word, n in form.tensors if n in places)

    def __call__(self, addresses: Sequence[int], packed: bool) -> None:
        """Run with those tensors at these addresses; `packed` if matrices are those of before."""
        frame = self._frame
        for word, place in self._open:
            frame[word] = addresses[place]
        threads = self._threads
        if threads > 1:
            threads = min(threads, pool.threads())  # fewer by now, as after a fork
            frame[self._mode] = pool.floating_point_mode()
        frame[self._packed] = packed
        self._entry(frame.buffer_info()[0], threads)


class Stepping:
    """A step of a kernel for as many rows as the arguments have, T = 1.

    A call takes addresses of contiguous tensors: the inputs, the states, then the buffers that are
    filled, named in `made`, of so many `units`. In `training` these are all that the way back
    needs; else weights must not change, and matrices are laid out at the first call.
    """

    def __init__(self, kernel: bind.Kernel, arguments: Arguments, *, training: bool) -> None:
        self.kernel, self.training, self.histories = kernel, training, kernel.histories
        self._arguments, self._rows = arguments, arguments.table(kernel.step)
        self._recipe = bind.forward_recipe(kernel, arguments, self._rows, training)
        names, self.made = list(arguments.all()), self._recipe.names
        self.units = tuple(room.shape[-1] for room in self._recipe.rooms)
        changing = [names.index(name) for name in (*arguments.inputs, *arguments.states)]
        changing += range(len(names), len(names) + len(self.made))
        given = list(arguments.all().values())
        self._run = _Standing(self._recipe, self._rows, given, changing)
        self._again = False

    def __call__(self, addresses: Sequence[int]) -> None:
        """Do the step with the tensors at these addresses."""
        self._run(addresses, self._again)
        self._again = not self.training

    def back(self, arriving: Collection[str], needed: Collection[str]) -> SteppingBack:
        """The way back from a step in training, where gradients arrive at these last states and
        outputs, to what needs one.
        """
        arguments, kernel = self._arguments, self.kernel
        some = self._recipe.zeros
        made = {
            name: room.tensor(some.dtype)
            for name, room in zip(self.made, self._recipe.rooms, strict=True)
        }
        last = {n: part if n in arriving else None for n, part in arguments.states.items()}
        seen = {name: made[name] if name in arriving else None for name in kernel.visible}
        gradients = bind.Gradients(last, seen)
        passed = bind.Passed(arguments, made)
        return SteppingBack(kernel, passed, gradients, set(needed))


class SteppingBack:
    """The way back through a step.

    A call takes addresses of contiguous tensors: the inputs, the states, what the step made, the
    gradients that arrive, named in `arriving`, then those that are added to or filled, named in
    `found`: of parameters, of inputs, and of all states.
    """

    def __init__(
        self,
        kernel: bind.Kernel,
        passed: bind.Passed,
        gradients: bind.Gradients,
        needed: set[str],
    ) -> None:
        recipe, arrived = bind.backward_recipe_of(kernel, passed, gradients, needed)
        arguments = passed.arguments
        names, given = list(arguments.all()), passed.tensors()
        self.arriving = tuple(arrived)
        self.found = tuple(name.removeprefix(bind.CARRY) for name in recipe.names)
        changing = [names.index(name) for name in (*arguments.inputs, *arguments.states)]
        first = len(names)
        changing += range(first, len(given) + len(arrived) + len(recipe.names))
        rows = arguments.table(kernel.step)
        self._run = _Standing(recipe, rows, [*given, *arrived.values()], changing)

    def __call__(self, addresses: Sequence[int]) -> None:
        """Go back with the tensors at these addresses."""
        self._run(addresses, False)
