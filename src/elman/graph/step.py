"""Step: a named graph that computes one time step of a recurrent network.

Loop facts (lengths, resets, direction, start state) are not in it; they belong to the schedule.
The adjoint of a step is a step again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from functools import cached_property
from typing import Literal, NamedTuple

from elman.graph.node import Node, make, ordered

Role = Literal["output", "next", "kept", "recorded", "sum", "row_sum"]


class Place(NamedTuple):
    """Where a node stands in the text of its cell: line and column from 1, width in characters."""

    line: int
    column: int
    width: int


class Output(NamedTuple):
    """A value that leaves the step.

    output     visible at every step (`y`, or the gradient of an input)
    next       the next value of the state of that name
    kept       saved by the forward pass for the backward pass
    recorded   a named quantity that somebody asked to see
    sum        summed over all steps and rows (the gradient of a parameter)
    row_sum    summed over the steps of each row (the gradient of a static input)
    """

    name: str
    role: Role
    node: Node


@dataclass(frozen=True)
class Step:
    """Leaves in the order in which the layer binds them, and outputs with their roles.

    `quantities` are the named values of the equations (`r`, `z`, `n`), for recording;
    `requires` lists pairs of sizes that must be equal (`("D", "H")`);
    `places` says where a node stands in the text.
    """

    name: str
    inputs: tuple[Node, ...]
    statics: tuple[Node, ...]
    states: tuple[Node, ...]
    parameters: tuple[Node, ...]
    outputs: tuple[Output, ...]
    quantities: Mapping[str, Node] = field(default_factory=dict[str, Node])
    requires: frozenset[tuple[str, str]] = frozenset()
    places: Mapping[Node, Place] = field(default_factory=dict[Node, Place])

    def by_role(self, role: Role) -> tuple[Output, ...]:
        """The outputs of one role, in order."""
        return tuple(output for output in self.outputs if output.role == role)

    def next_of(self, state: str) -> Node:
        """The next value of a state."""
        return next(out.node for out in self.outputs if out.role == "next" and out.name == state)

    def nodes(self) -> tuple[Node, ...]:
        """Every node that an output stands on, arguments first."""
        return self._nodes

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(ordered(output.node for output in self.outputs))

    def sizes(self) -> tuple[str, ...]:
        """Every size symbol in use, sorted."""
        leaves = (*self.inputs, *self.statics, *self.states, *self.parameters)
        return tuple(sorted({size for leaf in leaves for size in leaf.shape}))


def replace(roots: tuple[Node, ...], swap: Mapping[Node, Node]) -> tuple[Node, ...]:
    """The roots with some nodes exchanged for others; what stands on them is made anew."""
    done = dict(swap)
    for node in ordered(roots):
        if node not in done:
            args = tuple(done[arg] for arg in node.args)
            same = all(new is old for new, old in zip(args, node.args, strict=True))
            done[node] = node if same else make(node.op, args, node.shape, node.attribute)
    return tuple(done[root] for root in roots)


def renewed(step: Step, done: Mapping[Node, Node]) -> Step:
    """The step after a pass that says what became of every node; names and places follow."""
    return changed(
        step,
        outputs=tuple(out._replace(node=done[out.node]) for out in step.outputs),
        quantities={name: done.get(node, node) for name, node in step.quantities.items()},
        places={done.get(node, node): place for node, place in step.places.items()},
    )


def map_outputs(step: Step, change: Callable[[tuple[Node, ...]], tuple[Node, ...]]) -> Step:
    """The step with its output nodes changed together, everything else kept."""
    nodes = change(tuple(output.node for output in step.outputs))
    outputs = tuple(out._replace(node=node) for out, node in zip(step.outputs, nodes, strict=True))
    return changed(step, outputs=outputs)
