"""One step of a stream again and again, or the same few, there and back, with nothing left to find
out but where tensors lie.

Made from the tensors of a call, for its shapes. Parameters must stay where they are. None of it is
safe in two threads at a time: there is one frame.
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
    """A call whose frame is filled but for the addresses of its tensors of some numbers.

    If weights are `still`, matrices are laid out at the first call, and found there later.
    """

    def __init__(
        self,
        recipe: bind.Recipe,
        rows: Rows,
        given: Sequence[Tensor],
        changing: Sequence[int],
        *,
        still: bool,
    ) -> None:
        form, compiled = recipe.form, recipe.compiled
        made = [room.tensor(recipe.zeros.dtype) for room in recipe.rooms]
        tensors = [*map(bind.tidied, given), *made, recipe.zeros]
        workspace = torch.empty(form.bytes, dtype=torch.uint8, device="cpu")
        addresses = [tensor.data_ptr() for tensor in tensors]
        self._frame = compiled.frame(form, Call(rows, recipe.sizes), addresses, workspace)
        self._pointer, self.nbytes = self._frame.buffer_info()[0], form.bytes
        left = [tensor for number, tensor in enumerate(tensors) if number not in changing]
        self._alive = rows, left, workspace, compiled
        self._entry, self._threads, self._still = compiled.entry, form.threads, int(still)
        self._packed, self._mode = compiled.layout.slot("packed"), compiled.layout.slot("mode")
        self._meeting = compiled.layout.meeting
        places = {number: place for place, number in enumerate(changing)}
        self._open = tuple((word, places[n]) for word, n in form.tensors if n in places)

    def __call__(self, addresses: Sequence[int]) -> None:
        """Run with those tensors at these addresses."""
        frame = self._frame
        for word, place in self._open:
            frame[word] = addresses[place]
        if self._threads == 1:
            self._entry.alone(self._pointer)
        else:
            frame[self._mode] = pool.floating_point_mode()
            frame[self._meeting] = 0
            # there may be fewer threads by now, as after a fork
            self._entry(self._pointer, min(self._threads, pool.threads()))
        frame[self._packed] = self._still


class Stepping(_Standing):
    """Steps of a kernel, as many as the arguments have and for as many rows.

    A call takes addresses of contiguous tensors: the inputs, the states, then the buffers that are
    filled, named in `made`, of so many `units`. In `training` these are all that the way back
    needs. If weights are `still`, they must not change.
    """

    def __init__(
        self, kernel: bind.Kernel, arguments: Arguments, *, training: bool, still: bool
    ) -> None:
        self._kernel, self.histories, self._arguments = kernel, kernel.histories, arguments
        rows, given = arguments.table(kernel.step), arguments.all()
        self._recipe = recipe = bind.forward_recipe(kernel, arguments, rows, training)
        names, self.made = list(given), recipe.names
        self.units = tuple(room.shape[-1] for room in recipe.rooms)
        changing = [names.index(name) for name in (*arguments.inputs, *arguments.states)]
        changing += range(len(names), len(names) + len(self.made))
        super().__init__(recipe, rows, list(given.values()), changing, still=still)

    def back(self, arriving: Collection[str], needed: Collection[str]) -> SteppingBack:
        """The way back from steps in training, where gradients arrive at these last states and
        outputs, to what needs one.
        """
        dtype, rooms = self._recipe.zeros.dtype, zip(self.made, self._recipe.rooms, strict=True)
        made = {name: room.tensor(dtype) for name, room in rooms}
        states = self._arguments.states.items()
        last = {name: part if name in arriving else None for name, part in states}
        seen = {name: made[name] if name in arriving else None for name in self._kernel.visible}
        passed, gradients = bind.Passed(self._arguments, made), bind.Gradients(last, seen)
        return SteppingBack(self._kernel, passed, gradients, set(needed))


class SteppingBack(_Standing):
    """The way back through steps.

    A call takes addresses of contiguous tensors: the inputs, the states, what the steps made, the
    gradients that arrive, named in `arriving`, then those that are added to or filled, named in
    `found`: of parameters, of inputs, and of all states: those before the steps, and if there are
    more steps than one, a second set to work with behind each.
    """

    def __init__(
        self,
        kernel: bind.Kernel,
        passed: bind.Passed,
        gradients: bind.Gradients,
        needed: set[str],
    ) -> None:
        recipe, arrived = bind.backward_recipe_of(kernel, passed, gradients, needed)
        arguments, given = passed.arguments, passed.tensors()
        names, self.arriving = list(arguments.all()), tuple(arrived)
        self.found = tuple(name.removeprefix(bind.CARRY) for name in recipe.names)
        changing = [names.index(name) for name in (*arguments.inputs, *arguments.states)]
        changing += range(len(names), len(given) + len(arrived) + len(recipe.names))
        rows = arguments.table(kernel.step)
        super().__init__(recipe, rows, [*given, *arrived.values()], changing, still=False)
