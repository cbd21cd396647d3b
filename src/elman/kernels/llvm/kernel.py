"""The `llvm` target: a step and its adjoint as machine code, joined to torch's autograd.

Forward and backward are two plans, compiled when first needed. What a call reads and writes is
bound to memory in `bind`; how autograd knows of it is in `gradient`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from threading import RLock

import torch
from torch import Tensor

from elman.derive import Kept, keep, reverse
from elman.graph.step import Step
from elman.kernels.kernel import Arguments, Results
from elman.kernels.llvm import bind
from elman.kernels.llvm.again import Again, wants_gradient
from elman.kernels.llvm.gradient import Repeated, Run
from elman.kernels.llvm.machine import Machine
from elman.kernels.llvm.run import Compiled
from elman.kernels.llvm.stepping import Stepping
from elman.kernels.stages import Plan, lower

Tensors = Mapping[str, Tensor]
Named = list[tuple[str, int]]


class LLVM:
    """A step as machine code for one processor, in fp32 and fp64.

    With `pairs`, products in fp32 are of numbers rounded to bf16.
    """

    def __init__(self, step: Step, machine: Machine | None = None, *, pairs: bool = False) -> None:
        self.step, self.pairs = step, pairs
        self.machine = machine or Machine.host()
        self.recipes = bind.Recipes()
        self._plan: Plan | None = None
        self._histories: dict[str, str] | None = None
        self._visible: tuple[str, ...] | None = None
        self._outputs = tuple(o.name for o in step.by_role("output"))
        self._recorded = tuple(o.name for o in step.by_role("recorded"))
        self._compiled: dict[tuple[torch.dtype, str], Compiled] = {}
        self._lock = RLock()  # threads may call a new layer at once

    @functools.cached_property
    def kept(self) -> Kept:
        """The step and its adjoint after the choice of what to save."""
        return keep(self.step, reverse(self.step))

    @functools.cached_property
    def kept_with_history(self) -> Kept:
        """The same where a gradient arrives at every state of every step."""
        names = tuple(leaf.name for leaf in self.step.states)
        return keep(self.step, reverse(self.step, injected=names))

    @property
    def forward_plan(self) -> Plan:
        """The layout of the forward pass."""
        if self._plan is None:
            self._plan = lower(self.kept.forward)
        return self._plan

    def compiled(self, dtype: torch.dtype, part: str) -> Compiled:
        """Machine code for `forward`, `backward` or `backward_all` in one type."""
        key = (dtype, part)
        with self._lock:
            if key not in self._compiled:
                plan = {
                    "forward": lambda: self.forward_plan,
                    "backward": lambda: lower(self.kept.adjoint, carried=True),
                    "backward_all": lambda: lower(self.kept_with_history.adjoint, carried=True),
                }[part]()
                backwards = part != "forward"
                self._compiled[key] = Compiled(
                    plan, dtype, self.machine, backwards=backwards, pairs=self.pairs
                )
            return self._compiled[key]

    def forward(self, arguments: Arguments, *, training: bool) -> tuple[Tensors, Tensors]:
        """The last states, and every buffer that the forward pass fills, by name.

        Buffers are those of `visible`, and in training what is kept for the way back.
        """
        return bind.forward(self, arguments, training)[:2]

    def backward(
        self, arguments: Arguments, made: Tensors, gradients: bind.Gradients, needed: set[str]
    ) -> Tensors:
        """The gradient of every tensor of the arguments that needs one, by name.

        `made` holds the buffers of the forward pass, `gradients` what arrives at the last states
        and at the visible buffers.
        """
        return bind.backward(self, bind.Passed(arguments, made), gradients, needed)

    def stepping(self, arguments: Arguments, *, training: bool, still: bool) -> Stepping:
        """Steps with these parameters, as many as the arguments have and for as many rows."""
        return Stepping(self, arguments, training=training, still=still)

    @property
    def visible(self) -> tuple[str, ...]:
        """The buffers that a caller may see: outputs, recorded values, states as `h'`."""
        if self._visible is None:
            buffers = self.forward_plan.buffers
            self._visible = tuple(b.name for b in buffers if b.space in ("output", "next"))
        return self._visible

    @property
    def histories(self) -> dict[str, str]:
        """The buffer of every state's values after every step."""
        if self._histories is None:
            aliases = self.forward_plan.aliases
            names = [leaf.name for leaf in self.step.states]
            self._histories = {name: aliases.get(f"{name}'", f"{name}'") for name in names}
        return self._histories

    def __call__(self, arguments: Arguments, *, history: bool = False) -> Results:
        """Run over a batch of sequences."""
        tensors = arguments.all()
        if wants_gradient(tensors.values()):
            packed = Run.apply(self, arguments, tuple(tensors), *tensors.values())
            return self._results(packed, history)
        final, made = self.forward(arguments, training=False)
        return self._results([*final.values(), *(made[name] for name in self.visible)], history)

    def again(self, arguments: Arguments) -> Again:
        """Such a call, to be made again with other numbers."""
        return Again(self, arguments)

    def once_more(self, again: Again, tensors: Sequence[Tensor], history: bool) -> Results:
        """A call that was made before, with tensors that fit."""
        packed = Repeated.apply(again, *tensors) if again.training else again.run(tensors)[0]
        return self._results(packed, history)

    @functools.cached_property
    def _meaning(self) -> tuple[Named, Named, Named, Named]:
        """Which of the last states and visible buffers, in this order, are outputs, last states,
        histories and recorded values.
        """
        at = {name: k for k, name in enumerate(self.visible, start=len(self.histories))}
        return (
            [(name, at[name]) for name in self._outputs],
            [(name, k) for k, name in enumerate(self.histories)],
            [(name, at[buffer]) for name, buffer in self.histories.items()],
            [(name, at[name]) for name in self._recorded],
        )

    def _results(self, packed: Sequence[Tensor], history: bool) -> Results:
        outputs, final, histories, recorded = self._meaning
        return Results(
            {name: packed[at] for name, at in outputs},
            {name: packed[at] for name, at in final},
            {name: packed[at] for name, at in histories} if history else {},
            {name: packed[at].detach() for name, at in recorded},
        )
