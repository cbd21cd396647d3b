"""Steps of all layers there and back, from tensors to tensors: in compiled code, or in torch's own
operations where these are to be differentiated themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock

import torch
from torch import Tensor

from elman.kernels import Arguments, Demand, Sequences, run, standing_in, tidied
from elman.layers.layer import Layer
from elman.layers.steps import Steps, StepsBack

KINDS = 64  # of calls that are remembered
MOST = 1 << 27  # bytes that all of them keep for themselves
BACKS = 16  # ways back of one kind that are remembered
PATIENCE = 16 * KINDS  # calls of other kinds until those that are remembered are given up


class Ways:
    """Ways by the kinds of calls, each from the second call of its kind on, or `at_once`: making
    one takes as long as it saves in a few calls. Where kinds are too many, as of sequences that all
    differ in length, those that come late have none.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self.known: dict[Hashable, Way | None] = {}
        self._once: set[Hashable] = set()
        self._missed = 0

    def of(self, kind: Hashable, make: Callable[[], Way | None]) -> Way | None:
        """The way of a kind, None if there is none (yet)."""
        if kind in self.known:
            return self.known[kind]
        if kind not in self._once and not self._at_once:
            if len(self._once) >= PATIENCE:
                self._once.clear()
            self._once.add(kind)
            return None
        kept = sum(way.nbytes for way in self.known.values() if way is not None)
        if len(self.known) >= KINDS or kept >= MOST:
            self._missed += 1
            if self._missed < PATIENCE:
                return None
            self.forget()
        way = self.known[kind] = make()
        return way

    def forget(self) -> None:
        """Begin anew."""
        self.known.clear()
        self._once.clear()
        self._missed = 0


class Way:
    """Steps of one kind, whose weights lie where they lay when it was made.

    Weights have numbers, layer by layer in the order of the equations. What is `saved` for the way
    back: x, a memory, the states before and, of more steps than one, y; as they were then.
    """

    def __init__(self, steps: Steps, layers: Sequence[Layer]) -> None:
        self.steps, self.layers = steps, tuple(layers)
        self.weights = tuple(weight for layer in layers for weight in layer.weights().values())
        self.names = [(n, name) for n, layer in enumerate(layers) for name in layer.weights()]
        self._places = [weight.data_ptr() for weight in self.weights]
        self.start = _start(steps, layers)
        self._backs: dict[Hashable, StepsBack] = {}
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """What it keeps for itself."""
        return self.steps.nbytes + sum(back.nbytes for back in self._backs.values())

    def forward(
        self, x: Tensor, before: Sequence[Tensor]
    ) -> tuple[tuple[Tensor, ...], list[Tensor], list[int]]:
        """The output and the states after; what is to be saved, and where it lies."""
        steps = self.steps
        memory = torch.empty_like(steps.memory) if steps.training else steps.memory
        y = torch.empty_like(steps.y)  # a third of the price of torch.empty
        after = [torch.empty_like(part) for part in before]
        saved = [x, memory, *before, y]
        bases = [tensor.data_ptr() for tensor in (*saved, *after)]
        with self._lock:
            steps(bases)
        if steps.single:
            saved.pop()  # a copy
        return (y, *after), saved, bases[: len(saved)]

    def is_there(self, saved: Sequence[Tensor], places: list[int]) -> bool:
        """Whether what was saved, and the weights, lie where they lay at the step."""
        return [tensor.data_ptr() for tensor in saved] == places and self._places == [
            weight.data_ptr() for weight in self.weights
        ]

    def backward(
        self,
        saved: Sequence[Tensor],
        arrived: Sequence[Tensor | None],
        needs: Sequence[bool],
        wanted: tuple[int, ...],
        sums: list[Tensor | None],
    ) -> list[Tensor | None]:
        """The gradients of x and of the states before, where they are needed; those of the weights
        that are wanted are added to their sums, which are made where there is none.
        """
        kind = tuple([gradient is not None for gradient in arrived]), tuple(needs), wanted
        back = self._backs.get(kind)
        if back is None:
            if len(self._backs) >= BACKS:
                self._backs.clear()
            names = [self.names[number] for number in wanted]
            back = self._backs[kind] = StepsBack(self.steps, self.layers, *kind[:2], names)
        for number in back.reached:
            if sums[number] is None:
                sums[number] = torch.zeros_like(self.weights[wanted[number]])
        x, before = saved[0], saved[2 : 1 + len(arrived)]
        of_y, *of_after = [None if one is None else tidied(one) for one in arrived]
        given = zip((x, *before), needs, strict=True)
        found = [torch.empty_like(one) if need else None for one, need in given]
        of_x, *of_before = found
        y = () if len(saved) > 2 + len(before) else (None,)
        tensors = (*saved, *y, of_y, of_x, back.scrap, *of_after, *of_before, *sums)
        bases = [0 if tensor is None else tensor.data_ptr() for tensor in tensors]
        with self._lock:
            back(bases)
        return found

    def in_torch(
        self,
        saved: Sequence[Tensor],
        arrived: Sequence[Tensor | None],
        needs: Sequence[bool],
        wanted: tuple[int, ...],
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        """The same in operations of torch: the gradients of x and of the states before, and those
        of the weights that are wanted.

        Views stand in for all of them: states have come of the weights themselves, and torch would
        go back that way too.
        """
        differentiable = torch.is_grad_enabled()
        x, before = saved[0], saved[2 : 1 + len(arrived)]
        with torch.enable_grad():
            given = list(map(standing_in, (x, *before), needs))
            weights = [standing_in(w, n in wanted) for n, w in enumerate(self.weights)]
            x, *before = given
            results = self._in_torch(x, before, weights)
            pairs = [(one, g) for one, g in zip(results, arrived, strict=True) if g is not None]
            given = [one for one, need in zip(given, needs, strict=True) if need]
            found = torch.autograd.grad(
                [one for one, _ in pairs],
                [*given, *(weights[number] for number in wanted)],
                [gradient for _, gradient in pairs],
                create_graph=differentiable,
                allow_unused=True,
            )
        of_given = iter(found)
        return [next(of_given) if need else None for need in needs], list(of_given)

    def _in_torch(
        self, x: Tensor, before: Sequence[Tensor], weights: Sequence[Tensor]
    ) -> list[Tensor]:
        """The output and the states after."""
        now, last = x.unsqueeze(0) if x.dim() == 2 else x, list[Mapping[str, Tensor]]()
        demand = Demand(Sequences(now.shape[0], now.shape[1]), "eager")
        for number, layer in enumerate(self.layers):
            states = {
                name: part[number] for name, part in zip(self.steps.names, before, strict=True)
            }
            own = {name: w for (n, name), w in zip(self.names, weights, strict=True) if n == number}
            results = run(layer.variant(), Arguments({"x": now}, states, own), demand)
            now = results.outputs["y"]
            last.append(results.final)
        after = [torch.stack([final[name] for final in last]) for name in self.steps.names]
        return [now.squeeze(0) if x.dim() == 2 else now, *after]


def _start(steps: Steps, layers: Sequence[Layer]) -> list[Tensor] | None:
    """The states that the equations declare, not to be seen by others; None if they are learned."""
    if any(layer.start is not None for layer in layers):
        return None
    with torch.inference_mode(False):
        return [
            torch.full(shape, state.start, dtype=steps.dtype, device="cpu")
            for shape, state in zip(steps.shapes, layers[0].cell.states.values(), strict=True)
        ]
