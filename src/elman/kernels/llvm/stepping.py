"""One step of a stream again and again, with nothing left to find out but where its tensors lie.

Made from the tensors of one step, for its number of rows; parameters must stay where they are. Not
differentiable.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from elman.kernels.kernel import Arguments
from elman.kernels.llvm import bind, pool
from elman.kernels.llvm.run import Call


class Stepping:
    """A step of a kernel for as many rows as the arguments have, T = 1.

    A call takes addresses of contiguous tensors: the inputs, the states, then the buffers that are
    filled, named in `made`. It is not safe in two threads at a time: there is one frame.
    """

    def __init__(self, kernel: bind.Kernel, arguments: Arguments) -> None:
        rows, given = arguments.table(kernel.step), arguments.all()
        recipe = bind.forward_recipe(kernel, arguments, rows, False)
        tensors = [bind.tidied(tensor) for tensor in given.values()]
        made = [room.tensor(recipe.zeros.dtype) for room in recipe.rooms]
        every = [*tensors, *made, recipe.zeros]
        form, compiled = recipe.form, recipe.compiled
        addresses = [tensor.data_ptr() for tensor in every]
        workspace = torch.empty(form.bytes, dtype=torch.uint8, device="cpu")
        self._frame = compiled.frame(form, Call(rows, recipe.sizes), addresses, workspace)
        self._alive = rows, every, workspace, compiled
        self._entry, self._threads = compiled.entry, form.threads
        slot = compiled.layout.slot
        self._packed, self._mode = slot("packed"), slot("mode")
        self.histories = kernel.histories
        self.made = recipe.names
        names = list(given)
        changing = [names.index(name) for name in (*arguments.inputs, *arguments.states)]
        changing += range(len(names), len(names) + len(recipe.names))
        places = {number: place for place, number in enumerate(changing)}
        self._open = tuple((word, places[n]) for word, n in form.tensors if n in places)

    def __call__(self, addresses: Sequence[int]) -> None:
        """Do the step with the tensors at these addresses."""
        frame = self._frame
        for word, place in self._open:
            frame[word] = addresses[place]
        threads = self._threads
        if threads > 1:
            threads = min(threads, pool.threads())  # fewer by now, as after a fork
            frame[self._mode] = pool.floating_point_mode()
        self._entry(frame.buffer_info()[0], threads)
        frame[self._packed] = 1
