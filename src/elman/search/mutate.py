"""Mutations of a genome, one by one as in the paper, and crossover.

R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015, section 3.3: with a chance that is drawn anew for every child, each node
undergoes one of six changes. A bias stays where it is when what it is added to changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

import numpy as np

from elman.axes import HIDDEN
from elman.graph import Node, Step, apply, constant, linear, parameter
from elman.graph.node import is_leaf, make, ordered
from elman.graph.step import replace as exchange
from elman.graph.text import Writer, names
from elman.search.genome import Genome, fault
from elman.search.sites import ACTIVATIONS, LINEAR, OPERATIONS, Site, is_bias

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]

KINDS = ("activation", "operation", "insert", "remove", "ancestor", "combine")


@dataclass(frozen=True)
class Change:
    """A genome after a change, and what was changed."""

    genome: Genome
    before: Step
    old: Node
    new: Node
    after: tuple[Node, ...]
    """What has become of other nodes that were asked about."""

    @property
    def text(self) -> str:
        """What was changed, as equations before and after."""
        named = names(self.before).items()
        writer = Writer({node: name for node, name in named if node is not self.new})
        return f"{writer.operation(self.old)} -> {_said(writer, self.new)}"


def change(
    found: Genome, site: Site, choose: Choose[Node | str | Site], follow: Sequence[Node] = ()
) -> Change | None:
    """One of the six changes at a site; None if what was chosen cannot be done there. What becomes
    of the nodes `follow` is told.
    """
    kind = choose(_possible(found, site))
    new = _MAKERS[str(kind)](found, site, choose)
    if new is None or new is site.node:
        return None
    return exchanged(found, site.node, new, follow)


def exchanged(found: Genome, old: Node, new: Node, follow: Sequence[Node] = ()) -> Change:
    """The genome with one value in the place of another."""
    step = found.step
    done = _after(step, old, new)
    states = {out.name: done[out.node] for out in step.by_role("next")}
    quantities = {name: done[node] for name, node in step.quantities.items()}
    after = tuple(done[node] for node in follow if node in done)
    return Change(found.with_outputs(states, quantities), step, old, new, after)


def _after(step: Step, old: Node, new: Node) -> dict[Node, Node]:
    """What becomes of every node of a step when one of them is exchanged."""
    nodes = step.nodes()
    at = nodes.index(old)
    done = dict(zip(nodes, nodes, strict=True))
    done[old] = new
    for node in nodes[at + 1 :]:
        args = tuple([done[arg] for arg in node.args])
        if args != node.args:
            done[node] = make(node.op, args, node.shape, node.attribute)
    return done


def _said(writer: Writer, node: Node) -> str:
    return writer.value(node) if is_leaf(node) else writer.operation(node)


def _possible(found: Genome, site: Site) -> list[str]:
    kinds = ["insert", "ancestor", "combine"]
    if site.is_activation:
        kinds.append("activation")
        if found.anatomy.readers[site.node] <= 1:
            kinds.append("remove")
    if site.name in OPERATIONS:
        kinds.append("operation")
    return [kind for kind in KINDS if kind in kinds]


def _activation(found: Genome, site: Site, choose: Choose[str]) -> Node:
    name = choose([name for name in ACTIVATIONS if name != site.name])
    return activated(name, site.operands[0], found.step)


def _operation(found: Genome, site: Site, choose: Choose[str]) -> Node:
    return apply(choose([name for name in OPERATIONS if name != site.name]), *site.operands)


def _insert(found: Genome, site: Site, choose: Choose[Node | str]) -> Node | None:
    operands = [node for node in site.operands if node.shape and not is_bias(node)]
    if not operands:
        return None
    operand = choose(operands)
    assert isinstance(operand, Node)
    new = activated(str(choose(ACTIVATIONS)), operand, found.step)
    if site.name in LINEAR:
        matrix = site.node.args[0] if site.name == "linear 0" else site.node.args[0].args[0]
        return _linear(matrix, new, LINEAR[site.name])
    args = [new if arg is operand else arg for arg in site.operands]
    return apply(site.node.op, *args)


def _remove(found: Genome, site: Site, choose: object) -> Node:
    return site.operands[0]


def _ancestor(found: Genome, site: Site, choose: Choose[Node]) -> Node | None:
    options = found.anatomy.ancestors(site.node)
    return choose(options) if options else None


def _combine(found: Genome, site: Site, choose: Choose[Node | str | Site]) -> Node | None:
    """An ancestor of the site with one of any other; None if that one stands on the site."""
    own, other = found.anatomy.ancestors(site.node), choose(found.anatomy.sites)
    assert isinstance(other, Site)
    others = found.anatomy.ancestors(other.node)
    if not own or not others:
        return None
    left, right = choose(own), choose(others)
    assert isinstance(left, Node) and isinstance(right, Node)
    if site.node in set(ordered([right])):
        return None
    return apply(str(choose(OPERATIONS)), left, right)


_MAKERS: Mapping[str, Callable[..., Node | None]] = {
    "activation": _activation,
    "operation": _operation,
    "insert": _insert,
    "remove": _remove,
    "ancestor": _ancestor,
    "combine": _combine,
}


def activated(name: str, operand: Node, step: Step) -> Node:
    """An activation of a value; Linear(a) brings a matrix and a bias, called W_1 and b_1 or on."""
    if name not in LINEAR:
        return apply(name, operand)
    number = next(_free(step))
    product = _linear(parameter(f"W_{number}", (HIDDEN, HIDDEN)), operand, LINEAR[name])
    return product + parameter(f"b_{number}", (HIDDEN,))


def _linear(matrix: Node, operand: Node, share: float) -> Node:
    product = linear(matrix, operand)
    return product + apply("mul", constant(share), operand) if share else product


def _free(step: Step) -> Iterator[int]:
    taken = {leaf.name for leaf in step.parameters} | set(step.quantities)
    return (n for n in count(1) if f"W_{n}" not in taken and f"b_{n}" not in taken)


def mutate(found: Genome, random: np.random.Generator) -> tuple[Genome, list[Change]]:
    """A child: each site is changed with a chance that is drawn first. What was changed comes with
    it, in the order in which it happened; nothing may have been.
    """
    chance, changes = random.random(), list[Change]()
    hit = [site.node for site in found.anatomy.sites if random.random() < chance]
    while hit:
        site = found.anatomy.by_node.get(hit.pop(0))
        if site is None:  # gone with a change before
            continue
        made = change(found, site, _by_chance(random), hit)
        if made is not None:
            changes.append(made)
            found, hit = made.genome, list(made.after)
    return found, changes


def _by_chance(random: np.random.Generator) -> Choose[Any]:
    return lambda options: options[int(random.integers(len(options)))]


def cross(found: Genome, other: Genome, random: np.random.Generator) -> tuple[Genome, list[Change]]:
    """A child of two: a value of the one gives way to a value of the other, whose parameters are
    copied under names of their own. A state that the one has not is its h.
    """
    states = {leaf.name: leaf for leaf in found.step.states}
    swap = {leaf: states.get(leaf.name, states["h"]) for leaf in other.step.states}
    numbers = _free(found.step)
    for leaf in other.step.parameters:
        number = next(numbers)
        letter = "W" if len(leaf.shape) == 2 else "b"
        swap[leaf] = parameter(f"{letter}_{number}", leaf.shape)
    places, givers = found.anatomy.sites, other.anatomy.sites
    place = places[int(random.integers(len(places)))]
    given = givers[int(random.integers(len(givers)))].node
    (new,) = exchange((given,), swap)
    made = exchanged(found, place.node, new)
    starts = {
        swap[leaf].name: v for leaf in other.step.parameters if (v := other.starts.get(leaf.name))
    }
    child = replace(made.genome, starts={**found.starts, **starts})
    return child, [made]


def child_of(
    found: Genome,
    random: np.random.Generator,
    seen: Callable[[str], bool] | None,
    *,
    other: Genome | None = None,
    tries: int = 1000,
) -> tuple[Genome, list[str], str] | None:
    """A legal child that nobody has seen, how it came about, and its fingerprint; with `other`, a
    child of both. Without `seen` it may be known, and has no fingerprint.
    """
    for _ in range(tries):
        child, changes = cross(found, other, random) if other else mutate(found, random)
        if not changes or fault(child) is not None:
            continue
        mark = child.fingerprint if seen else ""
        if seen is None or not seen(mark):
            how = "cross " if other else ""
            return child, [f"{how}{made.text}" for made in changes], mark
    return None
