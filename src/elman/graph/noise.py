"""Dropout and zoneout as rewrites of a step: a step in, the step with its noise out.

Every mask is a leaf whose bits are counted, not drawn (see `counter`), so that forward and
backward, every target and every number of threads see the same ones. The derivative comes by
itself. Where several are wanted, they are applied in the order in which they stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as changed

from elman.errors import ConfigError
from elman.graph.node import Node, apply, is_leaf, make, row_mask
from elman.graph.node import mask as step_mask
from elman.graph.step import Output, Step, map_outputs, replace

# Which random numbers a mask takes: counter keys, one for each mask of a layer.
INPUT_KEY, STATE_KEY, ZONE_KEY = 1, 16, 64


def record(step: Step, names: tuple[str, ...]) -> Step:
    """The step with named quantities as outputs too; ConfigError for a name it does not have."""
    for name in names:
        if name not in step.quantities:
            known = ", ".join(step.quantities) or "none"
            states = {leaf.name for leaf in step.states}
            hint = "; states come with return_states='all'" if name.rstrip("'") in states else ""
            raise ConfigError(
                f"{step.name} has no quantity {name!r} to record: it has {known}{hint}"
            )
    seen = tuple(Output(name, "recorded", step.quantities[name]) for name in names)
    return changed(step, outputs=(*step.outputs, *seen))


def drop_state(step: Step, rate: float) -> Step:
    """The same units of a state are left out, at every step of a row, where matrices apply to it.

    Y. Gal and Z. Ghahramani, NIPS 2016, equation 7. A state beside a matrix (`z * h`) stays whole,
    and so does what an equation has given a name of its own.
    """
    masked = {
        leaf: leaf * row_mask(rate, STATE_KEY + index, leaf.size)
        for index, leaf in enumerate(step.states)
    }
    named = {*step.quantities.values(), *(output.node for output in step.by_role("next"))}
    return map_outputs(step, _Masking(masked, named).apply)


def drop_input(step: Step, rate: float) -> Step:
    """The same units of `x` are left out at every step of a row (variational dropout).

    Y. Gal and Z. Ghahramani, NIPS 2016, equation 7.
    """
    x = step.inputs[0]
    masked = x * row_mask(rate, INPUT_KEY, x.size)
    return map_outputs(step, lambda roots: replace(roots, {x: masked}))


def zone_out(step: Step, rates: Mapping[str, float], *, training: bool) -> Step:
    """Units of a state keep their value with the rate given for it; outside training, the mean.

    D. Krueger et al., ICLR 2017, equations 3 and 4. Other equations of the step see what the state
    would have become.
    """
    zoned: dict[str, Node] = {}
    for index, leaf in enumerate(step.states):
        rate = rates.get(leaf.name, 0.0)
        new = step.next_of(leaf.name)
        if rate and training:
            moves = apply("gt", step_mask(rate, ZONE_KEY + index, leaf.size), 0.0)
            zoned[leaf.name] = apply("where", moves, new, leaf)
        else:
            zoned[leaf.name] = rate * leaf + (1.0 - rate) * new if rate else new
    # two states may have one next value; the output is that of the first which has it
    seen = {step.next_of(name): node for name, node in reversed(zoned.items())}

    def after(out: Output) -> Output:
        if out.role == "next":
            return out._replace(node=zoned[out.name])
        return out._replace(node=seen.get(out.node, out.node)) if out.role == "output" else out

    return changed(step, outputs=tuple(after(out) for out in step.outputs))


class _Masking:
    """Exchanges leaves for others in what matrices apply to, up to what has a name of its own."""

    def __init__(self, masked: Mapping[Node, Node], named: set[Node]) -> None:
        self.masked, self.named = masked, named
        self.done: dict[Node, Node] = {}

    def apply(self, roots: tuple[Node, ...]) -> tuple[Node, ...]:
        """The roots with their products' operands changed."""
        return tuple(self._whole(root) for root in roots)

    def _whole(self, node: Node) -> Node:
        if node not in self.done:
            if node.op == "linear":
                args = (node.args[0], self._operand(node.args[1]))
            else:
                args = tuple(self._whole(arg) for arg in node.args)
            self.done[node] = make(node.op, args, node.shape, node.attribute) if args else node
        return self.done[node]

    def _operand(self, node: Node) -> Node:
        if node in self.masked:
            return self.masked[node]
        if is_leaf(node) or node in self.named or node.op == "linear":
            return self._whole(node)
        args = tuple(self._operand(arg) for arg in node.args)
        return make(node.op, args, node.shape, node.attribute)
