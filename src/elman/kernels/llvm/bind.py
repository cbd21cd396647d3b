"""One call of compiled code: its tensors are made, bound to the buffers of a plan, and handed over.

In: arguments, and for the way back what the forward pass made and the gradients that arrive. Out:
tensors by name. Where each number lies in memory is said here, once for every kind of call; how it
is found is in `addresses`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from elman.derive import prefixed
from elman.graph import Node, counter
from elman.graph.step import Step
from elman.kernels.kernel import Arguments, Packs, axis_of, checked_sizes, is_promised
from elman.kernels.llvm import run
from elman.kernels.llvm.frame import Address, Neighbor
from elman.kernels.llvm.run import Bound, Call, Compiled, Crowd, Form, Kind, by_row, by_step
from elman.kernels.rows import Rows
from elman.kernels.stages import Plan

KINDS = 64  # of calls that are remembered
Tensors = Mapping[str, Tensor]
Maybe = Mapping[str, Tensor | None]


@dataclass(frozen=True)
class Gradients:
    """What arrives on the way back: at the last states, and at the buffers a caller sees."""

    final: Maybe
    visible: Maybe


class Kernel(Protocol):
    """What a call needs of the kernel that it belongs to."""

    step: Step
    pairs: bool
    recipes: Recipes

    @property
    def forward_plan(self) -> Plan: ...
    @property
    def histories(self) -> dict[str, str]: ...
    @property
    def visible(self) -> tuple[str, ...]: ...
    def compiled(self, dtype: torch.dtype, part: str) -> Compiled: ...


@dataclass(frozen=True)
class Place:
    """Where the tensors of a forward pass lie: those that are given, then those that are made. They
    are laid out as its recipe says for as long as they lie there.
    """

    recipe: Recipe
    addresses: list[int]

    def holds(self, tensors: list[Tensor]) -> bool:
        """Whether these are the tensors, and not others that hooks or `data` put in their place."""
        return [tensor.data_ptr() for tensor in tensors] == self.addresses


@dataclass(frozen=True)
class Passed:
    """A forward pass that is to be gone back through: what it was given, and what it made.

    With `place`, where it saw both, there is less to look at.
    """

    arguments: Arguments
    made: Tensors
    place: Place | None = None

    def tensors(self) -> list[Tensor]:
        """Those that were given, then those that were made."""
        return [*self.arguments.all().values(), *self.made.values()]

    def layouts(self, rows: Rows) -> tuple[Hashable, ...]:
        """What of it decides how it is gone back through."""
        tensors = self.tensors()
        if self.place is not None and self.place.holds(tensors):
            return (self.place.recipe, *run.fashion())
        return (*_kind(self.arguments, rows), tuple(self.made), *map(layout, tensors))


def forward(
    kernel: Kernel, arguments: Arguments, training: bool
) -> tuple[Tensors, Tensors, Recipe]:
    """The last states, every buffer that is filled (see `LLVM.forward`), and by what recipe."""
    rows, given = arguments.table(kernel.step), arguments.all()
    recipe = forward_recipe_of(kernel, arguments, rows, training)
    packs = None if training or arguments.members else arguments.packs
    tensors = recipe.run(list(given.values()), recipe.call(arguments, rows, packs))
    made = dict(zip(recipe.names, tensors, strict=False))
    last = {n: final(rows, made[buffer], given[n]) for n, buffer in kernel.histories.items()}
    return last, made, recipe


def forward_recipe_of(kernel: Kernel, arguments: Arguments, rows: Rows, training: bool) -> Recipe:
    """How such a call is run forwards, found out once for its kind."""
    return kernel.recipes.of(
        (training, *_kind(arguments, rows), *map(layout, arguments.all().values())),
        lambda: forward_recipe(kernel, arguments, rows, training),
    )


def forward_recipe(kernel: Kernel, arguments: Arguments, rows: Rows, training: bool) -> Recipe:
    """How a kind of call is run forwards."""
    call = _Bind(kernel, arguments, rows)
    compiled = kernel.compiled(call.like.dtype, "forward")
    made: list[str] = []
    for buffer in compiled.plan.buffers:
        size = call.sizes[buffer.size]
        if buffer.space in ("output", "next"):
            call.make(MADE + buffer.name, (*rows.shape, size), zero=not rows.filled)
            made.append(buffer.name)
        elif buffer.space == "kept" and training:
            call.make(MADE + buffer.name, (*rows.shape, size))
            made.append(buffer.name)
    buffers = {name: call.by_step(name, MADE) for name in made}
    return call.recipe(compiled, Kind({**buffers, **call.leaves()}), tuple(made))


def backward(kernel: Kernel, passed: Passed, gradients: Gradients, needed: set[str]) -> Tensors:
    """The gradient of every tensor that needs one; see `LLVM.backward`."""
    step, arguments = kernel.step, passed.arguments
    rows = arguments.table(step)
    recipe, arrived = backward_recipe_of(kernel, passed, gradients, needed)
    new = recipe.run([*passed.tensors(), *arrived.values()], recipe.call(arguments, rows))
    found = dict(zip(recipe.names, new, strict=False))
    for leaf in step.states:
        carry, last = found.pop(CARRY + leaf.name), gradients.final[leaf.name]
        found[leaf.name] = _first(rows, carry[0], last)
        if leaf.name in arguments.fresh:
            found[f"fresh {leaf.name}"] = _into_fresh(rows, carry)
    return {name: value for name, value in found.items() if name in needed}


def backward_recipe_of(
    kernel: Kernel, passed: Passed, gradients: Gradients, needed: set[str]
) -> tuple[Recipe, dict[str, Tensor]]:
    """How such a call is run backwards, and the gradients that it reads after the tensors that were
    given and made.
    """
    step, rows = kernel.step, passed.arguments.table(kernel.step)
    visited = any(gradients.visible.get(f"{leaf.name}'") is not None for leaf in step.states)
    arriving = {
        output.name: gradients.visible.get(output.name) for output in step.by_role("output")
    }
    for leaf in step.states:
        if visited:
            arriving[f"{leaf.name}'"] = gradients.visible.get(f"{leaf.name}'")
        arriving[leaf.name] = gradients.final[leaf.name]
    arrived = {name: tensor for name, tensor in arriving.items() if tensor is not None}
    wanted = tuple(arrived), visited, frozenset(needed), *map(layout, arrived.values())
    recipe = kernel.recipes.of(
        (passed.layouts(rows), *wanted),
        lambda: _backward_recipe(kernel, passed, rows, (arrived, visited, needed)),
    )
    return recipe, arrived


def arrived_at(kernel: Kernel, arrived: Sequence[Tensor | None]) -> Gradients:
    """The gradients of the last states and of the visible buffers, which come in this order."""
    final = dict(zip(kernel.histories, arrived, strict=False))
    return Gradients(final, dict(zip(kernel.visible, arrived[len(final) :], strict=True)))


def _backward_recipe(
    kernel: Kernel, passed: Passed, rows: Rows, arrived: tuple[Tensors, bool, set[str]]
) -> Recipe:
    made, (gradients, visited, needed) = passed.made, arrived
    call = _Bind(kernel, passed.arguments, rows)
    compiled = kernel.compiled(call.like.dtype, "backward_all" if visited else "backward")
    call.give(MADE, made)
    call.give(GRADIENT, gradients)
    found = _make_room(call, compiled.plan, needed)
    kind = _backward_kind(call, compiled.plan, made, visited, needed)
    return call.recipe(compiled, kind, tuple(found))


# Tensors of a call by name: those that were given by their own, the rest with one of these before.
MADE, SCRAP, GRADIENT, CARRY, FOUND = "made ", "scrap ", "gradient ", "carry ", "found "
ZEROS = "no number"  # like the others, no name that an equation could have


def _kind(arguments: Arguments, rows: Rows) -> tuple[Hashable, ...]:
    """What decides how a call is run, besides the layouts of its tensors."""
    reset = rows.reset is None
    facts = rows.steps, rows.rows, rows.whole, rows.packed, reset, arguments.members
    return (*facts, *arguments.fresh, *run.fashion())


def layout(tensor: Tensor) -> Hashable:
    """What of a tensor decides how a call is run."""
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.device, is_promised(tensor)


class Room(NamedTuple):
    """A tensor that a call makes."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    zero: bool

    def tensor(self, dtype: torch.dtype) -> Tensor:
        """A new one."""
        new = torch.empty_strided(self.shape, self.stride, dtype=dtype, device="cpu")
        return new.zero_() if self.zero else new


@dataclass(frozen=True, eq=False)
class Recipe:
    """A kind of call: which tensors it makes, and where all of them are put.

    Tensors have numbers: those that are given first, then those that are made, then zeros. `names`
    are those of the first that are made, `copied` the numbers of those given that compiled code
    cannot take as they lie. Of several members, the form is the first one's.
    """

    compiled: Compiled
    form: Form
    sizes: Mapping[str, int]
    rooms: tuple[Room, ...]
    names: tuple[str, ...]
    copied: tuple[int, ...]
    zeros: Tensor
    crowd: Crowd | None = None

    def call(self, arguments: Arguments, rows: Rows, packs: Packs | None = None) -> Call:
        """What the recipe does not say of a call."""
        stream = counter.stream_word(arguments.layer, arguments.direction, 0)
        return Call(rows, self.sizes, arguments.seed, stream, packs)

    def run(self, given: list[Tensor], call: Call) -> list[Tensor]:
        """The tensors that are made."""
        for number in self.copied:
            given[number] = tidied(given[number])
        dtype = self.zeros.dtype
        new = [room.tensor(dtype) for room in self.rooms]
        addresses = [tensor.data_ptr() for tensor in (*given, *new, self.zeros)]
        if self.crowd is None:
            self.compiled(self.form, call, addresses)
        else:
            self.compiled.many(self.form, call, addresses, self.crowd)
        return new


class Recipes:
    """The kinds of calls of one kernel that are remembered. A kind is looked at closely once: what
    is wrong with a tensor can be seen from its shape, type and device.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Recipe] = {}

    def of(self, kind: Hashable, make: Callable[[], Recipe]) -> Recipe:
        """The recipe of a kind, made when it is first asked for."""
        recipe = self._known.get(kind)
        if recipe is None:
            if len(self._known) >= KINDS:
                self._known.clear()
            recipe = self._known[kind] = make()
        return recipe


class _Bind:
    """One kind of call: its tensors by name, and where a plan's buffers lie in them.

    Of what the call makes there are tensors without memory. Of several members, `tensors` are the
    first one's; `hops` says how many bytes on the next one's lie.
    """

    def __init__(self, kernel: Kernel, arguments: Arguments, rows: Rows) -> None:
        self.step: Step = kernel.step
        self.rows = rows
        self.members = arguments.members
        one = arguments.member(0) if self.members else arguments
        self.sizes = checked_sizes(kernel.step, one, rows)
        self.tensors: dict[str, Tensor] = {}
        self.wholes: dict[str, Tensor] = {}
        self.hops: list[int] = []
        self.copied: list[int] = []
        self.rooms: list[Room] = []
        self.states = list(kernel.histories)
        self.aliases, self.histories = kernel.forward_plan.aliases, kernel.histories
        self.give("", arguments.all())
        self.like = next(iter(self.tensors.values()))
        self.zeros = _zeros(self.like.dtype, max(self.sizes.values()))

    def give(self, where: str, tensors: Tensors) -> None:
        """Take tensors that are given, as compiled code takes them."""
        for name, tensor in tensors.items():
            if not _is_tidy(self._first(tensor)):
                self.copied.append(len(self.tensors))
                tensor = tidied(tensor)
            self._add(where + name, tensor)

    def _add(self, name: str, tensor: Tensor) -> None:
        self.wholes[name], self.tensors[name] = tensor, self._first(tensor)
        apart = tensor.stride(axis_of(tensor)) if self.members else 0
        self.hops.append(apart * tensor.element_size())

    def _first(self, tensor: Tensor) -> Tensor:
        """The first member's part."""
        return tensor.select(axis_of(tensor), 0) if self.members else tensor

    def make(
        self,
        name: str,
        shape: tuple[int, ...],
        *,
        zero: bool = False,
        like: str | None = None,
    ) -> None:
        """Ask for a tensor of this shape (of one member), laid out as another one of its shape."""
        if self.members:
            before = shape[:1] if len(shape) == 3 else ()
            shape = (*before, self.members, *shape[len(before) :])
        new = self.like.new_empty(shape, device="meta")
        new = new if like is None else torch.empty_like(self.wholes[like], device="meta")
        self.rooms.append(Room(tuple(shape), new.stride(), zero))
        self._add(name, new)

    def recipe(self, compiled: Compiled, kind: Kind, names: tuple[str, ...]) -> Recipe:
        """All of it."""
        numbers = {name: number for number, name in enumerate((*self.tensors, ZEROS))}
        crowd = run.crowd(self.members, (*self.hops, 0)) if self.members else None
        form = compiled.form(Call(self.rows, self.sizes), kind, numbers, crowd)
        return Recipe(
            compiled, form, self.sizes, tuple(self.rooms), names, tuple(self.copied), self.zeros,
            crowd,
        )  # fmt: skip

    def by_step(self, name: str, where: str = "", *more: Address, **facts: int | str) -> Bound:
        """A sequence of the call."""
        return by_step(where + name, self.tensors[where + name], *more, **facts)

    def by_row(self, name: str, where: str = "") -> Bound:
        """A tensor of the call with one vector for each row."""
        return by_row(where + name, self.tensors[where + name])

    def leaves(self) -> dict[str, Bound]:
        """Inputs, statics, states before the step, and parameters read by row."""
        found = {leaf.name: self.by_step(leaf.name) for leaf in self.step.inputs}
        found |= {leaf.name: self.by_row(leaf.name) for leaf in self.step.statics}
        for leaf in self.step.parameters:
            if len(leaf.shape) < 2:
                found[leaf.name] = Bound(leaf.name, 0, 0, Address.ROW)
        for name in self.states:
            start, fresh = self.tensors[name], f"fresh {name}"
            found[name] = self.by_step(
                self.histories[name],
                MADE,
                neighbor=Neighbor.BEFORE,
                first=name,
                first_stride=start.stride(0) * start.element_size(),
                fresh=fresh if fresh in self.tensors else ZEROS,
            )
        return found

    def from_outside(self, name: str) -> Bound:
        """A gradient at every step, or zeros in its place."""
        if GRADIENT + name in self.tensors:
            return self.by_step(name, GRADIENT)
        return Bound(ZEROS, 0, 0, Address.ROW)

    def carry(self, leaf: Node) -> tuple[int, ...]:
        """The shape of the gradient of a state on its way back: two steps' worth, in turn.

        Where what a reset puts the state back to is learned, all steps' worth: what arrives at a
        reset belongs to it.
        """
        steps = max(self.rows.steps, 2) if f"fresh {leaf.name}" in self.tensors else 2
        return steps, self.rows.rows, self.sizes[leaf.size]

    def carried(self, state: str) -> dict[str, Bound]:
        """A gradient on its way back, as it comes from the step after and goes to this one."""
        last = self.tensors.get(GRADIENT + state)
        wrap = 1 if self.tensors[CARRY + state].shape[0] == 2 else -1
        after = self.by_step(
            state,
            CARRY,
            Address.INNER,
            wrap=wrap,
            neighbor=Neighbor.AFTER,
            first=ZEROS if last is None else GRADIENT + state,
            first_stride=0 if last is None else last.stride(0) * last.element_size(),
            fresh=ZEROS,
        )
        here = self.by_step(state, CARRY, Address.INNER, wrap=wrap)
        return {prefixed(state): after, prefixed(state) + "'": here}


def _make_room(call: _Bind, plan: Plan, needed: set[str]) -> list[str]:
    """Room for the gradients: sums over everything, sums over a row's steps, sequences, and what is
    carried from step to step. The names of all of them.

    A sequence that nobody needs is written to one place again and again, a scrap of the call.
    """
    found: list[str] = []
    scraps: list[str] = []
    for output in plan.step.outputs:
        name = output.name.removeprefix(prefixed(""))
        if (output.role == "sum" and name in needed) or output.role == "row_sum":
            call.make(FOUND + name, tuple(call.tensors[name].shape), zero=True)
            found.append(name)
        elif output.role == "output" and name in needed:
            shape = call.tensors[name].shape
            call.make(FOUND + name, tuple(shape), zero=not call.rows.filled, like=name)
            found.append(name)
        elif output.role == "output":
            scraps.append(name)
    for leaf in call.step.states:
        call.make(CARRY + leaf.name, call.carry(leaf), zero=True)
        found.append(CARRY + leaf.name)
    for name in scraps:
        call.make(SCRAP + name, (call.rows.rows, call.tensors[name].shape[-1]))
    return found


def _backward_kind(call: _Bind, plan: Plan, made: Tensors, visited: bool, needed: set[str]) -> Kind:
    """Where the buffers of the way back lie."""
    buffers = call.leaves()
    buffers |= {alias: call.by_step(name, MADE) for alias, name in call.aliases.items()}
    buffers |= {name: call.by_step(name, MADE) for name in made}
    for output in call.step.by_role("output"):
        buffers[prefixed(output.name)] = call.from_outside(output.name)
    for name in call.states:
        if visited:
            buffers[f"grad_all_{name}"] = call.from_outside(f"{name}'")
        buffers |= call.carried(name)
    sums: dict[str, str] = {}
    unwanted: set[str] = set()
    for output in plan.step.outputs:
        name = output.name.removeprefix(prefixed(""))
        if output.role == "sum" and name in needed:
            sums[output.name] = FOUND + name
        elif output.role == "row_sum":
            buffers[output.name] = call.by_row(name, FOUND)
        elif output.role == "output" and name in needed:
            buffers[output.name] = call.by_step(name, FOUND)
        elif output.role == "output":
            buffers[output.name] = call.by_row(name, SCRAP)
            unwanted.add(output.name)
    skipped = {
        stage.name
        for stage in plan.region("after")
        if stage.stores and all(buffer.name in unwanted for _, buffer in stage.stores)
    }
    return Kind(buffers, sums, frozenset(skipped))


@functools.lru_cache(maxsize=64)
def _zeros(dtype: torch.dtype, size: int) -> Tensor:
    """Zeros that are read where there is nothing."""
    return torch.zeros(size, dtype=dtype, device="cpu")


def _is_tidy(tensor: Tensor) -> bool:
    """Whether compiled code takes it as it lies: any strides of a sequence but in the last axis."""
    if is_promised(tensor):
        return False
    if tensor.dim() not in (0, 3):
        return tensor.is_contiguous()
    return tensor.dim() == 0 or tensor.stride(-1) == 1 or tensor.shape[-1] == 1


def tidied(tensor: Tensor) -> Tensor:
    """The same numbers as compiled code takes them."""
    if tensor._is_zerotensor():
        return torch.zeros(tensor.shape, dtype=tensor.dtype, device=tensor.device)
    return tensor.resolve_neg().contiguous()


def final(rows: Rows, history: Tensor, start: Tensor) -> Tensor:
    """The state after each row's last step."""
    if rows.steps == 0:
        return start.clone()
    if rows.ends is not None:
        return history[rows.ends].clone()
    which, step, row = (torch.from_numpy(array) for array in rows.last)
    last = history[step, row]
    return start.index_copy(0, which, last) if rows.empty else last


def _first(rows: Rows, carry: Tensor, last: Tensor | None) -> Tensor:
    """The gradient of the start state: what arrived at the first step."""
    if rows.steps == 0:
        return torch.zeros_like(carry) if last is None else last
    if rows.reset is None and not rows.empty:
        return carry
    empty = torch.from_numpy(rows.length == 0)
    start = carry.clone()
    order = torch.from_numpy(rows.order)
    if empty.any():
        start[order[empty]] = 0 if last is None else last[order[empty]]
    if rows.reset is not None:
        places = torch.from_numpy(rows.start)
        flags = torch.from_numpy(rows.reset)[places, order].bool() & ~empty
        start[order[flags]] = 0
    return start


def _into_fresh(rows: Rows, carry: Tensor) -> Tensor:
    """The gradient of what resets put a state back to: all that arrived at a reset.

    The carry is counted in steps of the row, the resets in places of the batch.
    """
    if rows.reset is None:
        return carry.new_zeros(carry.shape[-1])
    steps = torch.arange(rows.steps, device="cpu")[:, None]
    places = torch.from_numpy(rows.start) + torch.from_numpy(rows.direction) * steps
    order = torch.from_numpy(rows.order)
    inside = steps < torch.from_numpy(rows.length)
    flags = torch.from_numpy(rows.reset)[places.clamp(0, rows.steps - 1), order].bool() & inside
    step, row = flags.nonzero(as_tuple=True)
    return carry[step, order[row]].sum(0)
