"""Lowering, first half: a step becomes regions of stages. Nothing here knows a target.

A **region** says when something is computed:

    once     depends on parameters only: once in a call
    static   depends on static inputs: once for each row
    before   free of the state: for a whole chunk of steps before the loop walks through it
    loop     the time loop itself: what the next state needs, and what is at hand there
    after    products and sums that no next state waits for: for a whole chunk, after the loop

A **stage** is what lies between two products that depend on one another: groups of products (all
products of one group read the same operands, and share a register tile), then one pointwise
epilogue over the units. Values that another stage or region reads get a buffer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from elman.errors import KernelError
from elman.graph.node import Dependence, Node, is_leaf, make, ordered
from elman.graph.ops import OPS
from elman.graph.rewrite import absorb_products, group_sums
from elman.graph.step import Output, Role, Step, map_outputs
from elman.graph.verify import verify

REGIONS = ("once", "static", "before", "loop", "after")
PRODUCTS = ("linear", "products")
INLINE_PRICE = 12.0  # a value cheaper than this, from what is at hand, is not worth a buffer


@dataclass(frozen=True)
class Buffer:
    """A place for one value of every row (and step): `space` says who provides it.

    leaf, output, next, kept, row_sum   bound by the caller, under `name`; what is kept is the
                                        kernel's own where no way back is to come
    once, static, chunk, local          the kernel's own: one; a row each; a row and step of the
                                        current chunk each; a row of the current step each
    """

    name: str
    size: str
    space: str


@dataclass(frozen=True)
class Group:
    """Products that read the same operands: `products[g]` sums matrix_j operands[j] over j."""

    operands: tuple[Node, ...]
    products: tuple[Node, ...]


@dataclass
class Stage:
    """Products, then pointwise work over the units of one size."""

    region: str
    level: int
    size: str
    groups: list[Group] = field(default_factory=list[Group])
    body: list[Node] = field(default_factory=list[Node])
    sums: list[Node] = field(default_factory=list[Node])
    stores: list[tuple[Node, Buffer]] = field(default_factory=list[tuple[Node, Buffer]])

    @property
    def name(self) -> str:
        """A name for the generated code."""
        return f"{self.region}_{self.level}_{self.size}"


@dataclass(frozen=True)
class Reduction:
    """A sum over all steps and rows: of outer products, or (right is None) of vectors.

    `constant` says of each term whether its right side is the same at every step of every row.
    """

    name: str
    shape: tuple[str, ...]
    terms: tuple[tuple[Buffer, Buffer | None], ...]
    constant: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A step, laid out for computing; like no other plan but itself."""

    step: Step
    stages: tuple[Stage, ...]
    buffers: tuple[Buffer, ...]
    loads: dict[Node, Buffer]
    reductions: tuple[Reduction, ...]
    aliases: dict[str, str]  # `h'` -> `y` where the output is the next state: written once

    def region(self, name: str) -> tuple[Stage, ...]:
        """The stages of one region, in order."""
        return tuple(stage for stage in self.stages if stage.region == name)

    @functools.cached_property
    def early(self) -> frozenset[Buffer]:
        """The buffers that are written for a whole chunk of steps before the loop reads them."""
        return frozenset(buffer for stage in self.region("before") for _, buffer in stage.stores)


def lower(step: Step, *, carried: bool = False) -> Plan:
    """Lay out a step in regions and stages.

    `carried` says that the loop holds its states for two steps only (as gradients on their way
    back): what reads them later reads a copy.
    """
    ready = absorb_products(group_sums(verify(step)))
    roles: list[Role] = [output.role for output in ready.outputs]
    lowering = _Lowering(map_outputs(ready, lambda roots: _copied(roots, roles)))
    if carried and (fleeting := lowering.states_read_late()):
        lowering = _Lowering(map_outputs(lowering.step, lambda roots: _copy_each(fleeting, roots)))
    return lowering.plan()


def _copied(roots: tuple[Node, ...], roles: Sequence[Role]) -> tuple[Node, ...]:
    """Outputs and operands that are not computed where they must be written are copied there.

    What is visible at every step is written at every step, though it may never change; a next state
    is written when its turn comes, since it may take the place of an older one.
    """
    operands = [arg for node in ordered(roots) if _multiplies(node) for arg in node.args]
    chosen = {arg for arg in operands if arg.op in ("spread", "mask")}
    # random bits are dear: what serves every step of a row is drawn once
    chosen |= {node for node in ordered(roots) if node.op == "row_mask"}
    roots = _copy_each(chosen, roots)
    least = {"next": Dependence.STATE, "sum": Dependence.PARAMETER}

    def written(node: Node, role: Role) -> Node:
        bare = is_leaf(node) or node.op == "spread"
        early = node.dependence < least.get(role, Dependence.INPUT)
        return make("copy", (node,), node.shape) if bare or early else node

    return tuple(written(node, role) for node, role in zip(roots, roles, strict=True))


def _copy_each(chosen: set[Node], roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """The roots with a copy of every chosen node in its place."""
    done: dict[Node, Node] = {}
    for node in ordered(roots):
        args = tuple(done[arg] for arg in node.args)
        new = make(node.op, args, node.shape, node.attribute) if args else node
        done[node] = make("copy", (new,), new.shape) if node in chosen else new
    return tuple(done[root] for root in roots)


def _multiplies(node: Node) -> bool:
    return node.op in PRODUCTS or node.op == "outer"


def terms_of(product: Node) -> Iterator[tuple[Node, Node, bool]]:
    """The (matrix, operand, transposed) of a product."""
    for index, flag in enumerate(product.attribute):
        yield product.args[2 * index], product.args[2 * index + 1], bool(flag)


def price(node: Node) -> float:
    """Multiplications for one unit of a pointwise operation."""
    return OPS[node.op].price if node.op in OPS else 0.0


class _Lowering:
    def __init__(self, step: Step) -> None:
        self.step, self.nodes = step, step.nodes()
        self.forced = set(self._forced())
        self.late = {output.node for output in step.by_role("next")}
        self.often = {output.node for output in step.outputs if output.role != "sum"}
        self.inline: dict[Node, float] = {}
        self.region: dict[Node, str] = {}
        self.stage: dict[Node, tuple[str, int, str]] = {}
        self.ready: dict[Node, int] = {}
        needed = self._needed_by_the_next_state()
        for node in self.nodes:
            if node.op != "outer" and len(node.shape) < 2:
                self._settle(node, needed)
        self.stages = self._stages()
        self.buffers: dict[str, Buffer] = {}
        self.loads: dict[Node, Buffer] = {}
        self.aliases: dict[str, str] = {}
        given = {node.name for node in self.nodes if is_leaf(node)}
        given |= {output.name for output in step.outputs}
        self.free = (name for number in count(1) if (name := f"v{number}") not in given)

    # -- where everything is computed -------------------------------------------------------

    def _forced(self) -> Iterator[Node]:
        """What must lie in memory: operands of products, and every output."""
        for node in self.nodes:
            if node.op in PRODUCTS:
                yield from (operand for _, operand, _ in terms_of(node))
            elif node.op == "outer":
                yield from node.args
        yield from (output.node for output in self.step.outputs)

    def _needed_by_the_next_state(self) -> set[Node]:
        needed: set[Node] = {output.node for output in self.step.by_role("next")}
        for node in reversed(self.nodes):
            if node in needed:
                needed.update(node.args)
        return needed

    def _settle(self, node: Node, needed: set[Node]) -> None:
        if is_leaf(node):
            return
        if node.op == "spread" or self._is_inline(node):
            cost = sum(self.inline.get(arg, 0.0) for arg in node.args) + price(node)
            self.inline[node] = cost if node.op != "spread" else 0.0
            region = self.region[node] = self._region(node, needed)
            self.ready[node] = (
                self._spread_ready(node)
                if node.op == "spread"
                else max((self._after(arg, region, 0) for arg in node.args), default=0)
            )
            return
        region = self.region[node] = self._region(node, needed)
        if node.op in PRODUCTS:
            level = max(self._after(operand, region, 1) for _, operand, _ in terms_of(node))
        else:
            level = max((self._after(arg, region, 0) for arg in node.args), default=0)
        size = node.args[0].size if node.op == "sum" else node.size
        self.stage[node] = (region, level, size)
        self.ready[node] = level + 1 if node.op == "sum" else level

    def _is_inline(self, node: Node) -> bool:
        if node in self.forced or node.op not in OPS or node.dependence == Dependence.STATE:
            return False
        at_hand = all(is_leaf(arg) or arg in self.inline for arg in node.args)
        own = price(node) + sum(self.inline.get(arg, 0.0) for arg in node.args)
        return at_hand and own <= INLINE_PRICE

    def _spread_ready(self, node: Node) -> int:
        """A scalar that a stage computes can be read by the stages after it."""
        arg = node.args[0]
        if arg not in self.stage:
            return self.ready.get(arg, 0)
        return self.ready[arg] + (0 if arg.op == "sum" else 1)

    def _after(self, arg: Node, region: str, gap: int) -> int:
        if is_leaf(arg) or self.region.get(arg) != region:
            return 0
        return self.ready[arg] + (gap if arg in self.stage and arg.op != "sum" else 0)

    def _region(self, node: Node, needed: set[Node]) -> str:
        if node.dependence < Dependence.STATE and node not in self.late:
            return REGIONS[max(node.dependence, Dependence.INPUT * (node in self.often))]
        waits = any(self.region.get(arg) == "after" for arg in node.args)
        if node in needed or (node.op not in PRODUCTS and not waits):
            return "loop"
        return "after"

    def states_read_late(self) -> set[Node]:
        """The states that something after the loop reads."""
        late = {node for node in self.nodes if node.op == "outer"}
        late |= {node for node in self.stage if self.region[node] == "after"}
        return {leaf for leaf in self.step.states if any(leaf in node.args for node in late)}

    # -- the stages ---------------------------------------------------------------------------

    def _stages(self) -> dict[tuple[str, int, str], Stage]:
        stages: dict[tuple[str, int, str], Stage] = {}
        for key in sorted(set(self.stage.values()), key=_stage_order):
            stages[key] = Stage(*key)
        grouped: dict[tuple[object, ...], list[Node]] = {}
        for node in self.nodes:
            if node not in self.stage:
                continue
            stage = stages[self.stage[node]]
            if node.op in PRODUCTS:
                operands = tuple(operand for _, operand, _ in terms_of(node))
                grouped.setdefault((stage.name, *operands), []).append(node)
                if grouped[stage.name, *operands] == [node]:
                    stage.groups.append(Group(operands, ()))
            elif node.op == "sum":
                stage.sums.append(node)
            else:
                stage.body.append(node)
        for stage in stages.values():
            stage.groups = [
                Group(group.operands, tuple(grouped[stage.name, *group.operands]))
                for group in stage.groups
            ]
        return stages

    # -- the buffers --------------------------------------------------------------------------

    def plan(self) -> Plan:
        for leaf in self._leaves_read_by_row():
            self.loads[leaf] = self._buffer(leaf.name, leaf.size, "leaf")
        for output in self.step.outputs:
            if output.role != "sum":
                self._store_output(output)
        for node in self._crossing():
            self._give_buffer(node)
        reductions = tuple(self._reductions())
        stages = tuple(self.stages.values())
        buffers = tuple(self.buffers.values())
        return Plan(self.step, stages, buffers, self.loads, reductions, self.aliases)

    def _buffer(self, name: str, size: str, space: str) -> Buffer:
        return self.buffers.setdefault(name, Buffer(name, size, space))

    def _leaves_read_by_row(self) -> Iterator[Node]:
        operands = set(self._operands())
        for node in self.nodes:
            if node.op in ("input", "static", "state") or (
                node.op == "parameter" and node in operands
            ):
                yield node

    def _operands(self) -> Iterator[Node]:
        for node in self.nodes:
            if node.op in PRODUCTS:
                yield from (operand for _, operand, _ in terms_of(node))
            elif node.op == "outer":
                yield from node.args
        yield from (node for output in self.step.by_role("sum") for node in _addends(output.node))

    def _store_output(self, output: Output) -> None:
        space = output.role if output.role != "recorded" else "output"
        name = output.name + "'" if output.role == "next" else output.name
        stores = self.stages[self.stage[output.node]].stores
        for value, buffer in stores:
            if output.role == "next" and value is output.node and buffer.space == "output":
                self.aliases[name] = buffer.name
                return
        buffer = self._buffer(name, output.node.size, space)
        stores.append((output.node, buffer))

    def _crossing(self) -> list[Node]:
        """Values that something outside their own stage reads, in order."""
        readers: dict[Node, set[tuple[str, int, str]]] = {}
        for node in self.nodes:
            for arg in node.args:
                reader = self.stage.get(node, ("", 0, node.op))
                readers.setdefault(arg, set()).add(reader)
        forced = {*self._operands()}
        return [
            node
            for node in self.nodes
            if node in self.stage
            and (
                node in forced or node.op == "sum" or readers.get(node, set()) - {self.stage[node]}
            )
        ]

    def _give_buffer(self, node: Node) -> None:
        """A buffer to read a value from: what is kept for the way back can be read from there, and
        the loop may read back what it writes for the caller.
        """
        region = self.region[node]
        regions = set(self._read_in(node))
        regions |= {"after" for user in self.nodes if user.op == "outer" and node in user.args}
        regions |= {"after" for out in self.step.by_role("sum") if node in _addends(out.node)}
        stage = self.stages[self.stage[node]]
        loop = region == "loop" and regions <= {"loop"}
        written = ("output", "next", "kept") if loop else ("kept",) * (region == "before")
        for value, buffer in stage.stores:
            if value is node and buffer.space in written:
                self.loads[node] = buffer
                return
        space = region if region in ("once", "static") else "local" if loop else "chunk"
        self.loads[node] = self._buffer(next(self.free), node.size, space)
        stage.stores.append((node, self.loads[node]))

    def _read_in(self, node: Node) -> Iterator[str]:
        """The regions that read a value; what is computed inline is computed where it is read."""
        for user in self.nodes:
            if node in user.args:
                if user in self.inline:
                    yield from self._read_in(user)
                else:
                    yield self.region.get(user, self.region[node])

    def _reductions(self) -> Iterator[Reduction]:
        for output in self.step.by_role("sum"):
            terms: list[tuple[Buffer, Buffer | None]] = []
            nodes = _addends(output.node)
            for node in nodes:
                if node.op == "outer":
                    terms.append((self.loads[node.args[0]], self.loads[node.args[1]]))
                elif len(node.shape) < 2:
                    terms.append((self.loads[node], None))
                else:
                    raise KernelError(f"{self.step.name}: cannot sum {node!r} over time")
            constant = (
                node.op == "outer" and node.args[1].dependence == Dependence.PARAMETER
                for node in nodes
            )  # fmt: skip
            yield Reduction(output.name, output.node.shape, tuple(terms), tuple(constant))


def _stage_order(key: tuple[str, int, str]) -> tuple[int, int, str]:
    return REGIONS.index(key[0]), key[1], key[2]


def _addends(node: Node) -> Sequence[Node]:
    """The terms of a sum of matrices; anything else is one term."""
    if len(node.shape) == 2 and node.op == "add":
        return [*_addends(node.args[0]), *_addends(node.args[1])]
    return [node]
