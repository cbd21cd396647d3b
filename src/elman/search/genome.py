"""Genomes: a cell as a graph that may be changed, and a changed graph as the equations of a cell.

In a genome, input and state have the same size, so that any two vectors may meet. What comes out is
a Cell again, printed, read back and found equal: there is no other form of a genome.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from elman.axes import HIDDEN
from elman.equations import Cell
from elman.errors import ConfigError, GraphError
from elman.graph import Node, Output, Step, step_input, verify
from elman.graph.canonical import fingerprint
from elman.graph.node import is_leaf, make, ordered
from elman.graph.text import Writer, number_text
from elman.search.settings import squared
from elman.search.sites import Anatomy

MOST_NODES, MOST_MATRICES = 80, 16
LONG = 56  # characters of an expression that gets a name of its own
_TEMPORARY = re.compile(r"t\d+")  # names that printing gives; printing again gives them anew
_VALUES = ("state", "input")

Starts = Mapping[str, float | str | None]


@dataclass(frozen=True)
class Genome:
    """A step whose only size is that of the state, and how its parameters and states start."""

    step: Step
    starts: Starts
    states: Mapping[str, float]

    @cached_property
    def anatomy(self) -> Anatomy:
        """Where it may change."""
        roots = [out.node for out in self.step.by_role("next")]
        return Anatomy(self.step.nodes(), roots)

    @cached_property
    def fingerprint(self) -> str:
        """The same for genomes that differ in names and in the order of terms only."""
        return fingerprint(self.step)

    def with_outputs(self, following: Mapping[str, Node], quantities: Mapping[str, Node]) -> Genome:
        """The genome with other next values of its states; what nothing reads is left out."""
        return Genome(_settled(self.step, following, quantities), self.starts, self.states)


def genome(cell: Cell) -> Genome:
    """A cell as a genome; ConfigError if it has sizes or inputs that a genome has not."""
    step = cell.step
    if not squared(cell) or len(step.inputs) > 1 or step.statics:
        raise ConfigError(
            f"{cell.name} cannot be a genome: it may have the sizes D and H and the input x alone"
        )
    if any(node.op in ("sum", "extent") for node in step.nodes()):
        raise ConfigError(f"{cell.name} cannot be a genome: it takes a mean over units")
    following = {out.name: out.node for out in step.by_role("next")}
    done = _made_square((*following.values(), *step.quantities.values()))
    following = {name: done[node] for name, node in following.items()}
    quantities = {name: done[node] for name, node in step.quantities.items()}
    starts = {p.name: p.start for p in cell.parameters.values() if p.start is not None}
    states = {s.name: s.start for s in cell.states.values()}
    square = replace(step, inputs=tuple(map(_square, step.inputs)))
    return Genome(_settled(square, following, quantities), starts, states)


def to_cell(found: Genome, name: str = "cell") -> Cell:
    """The genome as equations; GraphError if they do not mean what the genome does."""
    cell = Cell(to_text(found), name=name)
    again = genome(cell)
    if again.fingerprint != found.fingerprint:
        raise GraphError(f"a genome and its text differ: report this\n{cell.text}")
    return cell


def fault(found: Genome) -> str | None:
    """Why a genome may not live, or None: it must be a legal graph of bounded size, whose output
    depends on the input and on a state that the input reaches.
    """
    step = found.step
    try:
        verify(step)
    except GraphError as error:
        return str(error)
    nodes = step.nodes()
    if len(nodes) > MOST_NODES or sum(len(p.shape) == 2 for p in step.parameters) > MOST_MATRICES:
        return "too large"
    reach = _reach(nodes, {out.name: out.node for out in step.by_role("next")})
    fed = {name for name, read in reach.items() if step.inputs[0] in read}
    while more := {n for n in reach if n not in fed and _states(reach[n]) & fed}:
        fed |= more
    if "h" not in fed:
        return "the output does not depend on the input"
    if not any(_states(read) & fed for read in reach.values()):
        return "no state carries the input on"
    return None


def _made_square(roots: tuple[Node, ...]) -> dict[Node, Node]:
    """What becomes of every node when all sizes are the same."""
    done: dict[Node, Node] = {}
    for node in ordered(roots):
        args = tuple(done[arg] for arg in node.args)
        shape = (HIDDEN,) * len(node.shape)
        done[node] = make(node.op, args, shape, node.attribute) if args else _square(node)
    return done


def _square(leaf: Node) -> Node:
    if leaf.op == "input":
        return step_input(leaf.name, HIDDEN)
    return make(leaf.op, (), (HIDDEN,) * len(leaf.shape), leaf.attribute)


def _reach(nodes: Iterable[Node], following: Mapping[str, Node]) -> dict[str, set[Node]]:
    """The input and the states that each next value stands on; `nodes` holds arguments first."""
    values, held = list[Node](), dict[Node, int]()  # a bit for each value that a node stands on
    for node in nodes:
        bits = 0
        for arg in node.args:
            bits |= held[arg]
        if node.op in _VALUES:
            bits = 1 << len(values)
            values.append(node)
        held[node] = bits
    return {
        name: {value for k, value in enumerate(values) if held[node] >> k & 1}
        for name, node in following.items()
    }


def _states(leaves: Iterable[Node]) -> set[str]:
    return {leaf.name for leaf in leaves if leaf.op == "state"}


def _settled(step: Step, following: Mapping[str, Node], quantities: Mapping[str, Node]) -> Step:
    """The step of these next values, with the leaves that they read; h is the output."""
    states = step.states
    nodes = tuple(ordered(following[state.name] for state in states))
    if len(states) > 1:
        alive, rest, reach = {"h"}, ["h"], _reach(nodes, following)
        while rest and len(alive) < len(states):
            new = _states(reach[rest.pop()]) - alive
            alive |= new
            rest += sorted(new)
        states = tuple(state for state in states if state.name in alive)
    next_values = [Output(state.name, "next", following[state.name]) for state in states]
    if len(states) < len(step.states):
        nodes = tuple(ordered(out.node for out in next_values))
    used = set(nodes)
    settled = Step(
        name=step.name,
        inputs=step.inputs,
        statics=(),
        states=states,
        parameters=tuple(node for node in nodes if node.op == "parameter"),
        outputs=(Output("y", "output", following["h"]), *next_values),
        quantities={
            name: node for name, node in quantities.items() if node in used and not is_leaf(node)
        },
    )
    vars(settled)["_nodes"] = nodes  # what it would find out again, a tenth of a mutation's time
    return settled


def to_text(found: Genome) -> str:
    """The equations: declarations, then a line for each named value in the order of need.

    This is the canonical text already, as printing what `Cell` reads would give it.
    """
    step, states = found.step, {leaf.name for leaf in found.step.states}
    known = _names(step)
    writer = Writer(known)
    rows = [(known[node], writer.operation(node)) for node in step.nodes() if node in known]
    said = {name for name, _ in rows}
    for out in step.by_role("next"):
        if f"{out.name}'" not in said and out.name in states:
            rows.append((f"{out.name}'", writer.value(out.node)))
    width = max(len(name) for name, _ in rows)
    lines = [*_declarations(found), *(f"{name:<{width}} = {value}" for name, value in rows)]
    return "".join(f"{line}\n" for line in lines)


def _declarations(found: Genome) -> Iterable[str]:
    for leaf in found.step.parameters:
        start = found.starts.get(leaf.name)
        named = len(leaf.shape) == 2 or (len(leaf.shape) == 1 and leaf.name[0] == "b")
        if start is not None or not named:
            sizes = "" if leaf.shape else "[]"
            first = start if isinstance(start, str | None) else number_text(start)
            yield f"param {leaf.name}{sizes}" + (f" = {first}" if first is not None else "")
    for leaf in found.step.states:
        if start := found.states.get(leaf.name):
            yield f"state {leaf.name} = {number_text(start)}"


def _names(step: Step) -> dict[Node, str]:
    """What has a line of its own: next values, quantities, what is read twice, what is long."""
    known: dict[Node, str] = {}
    for out in step.by_role("next"):
        if not is_leaf(out.node):
            known.setdefault(out.node, f"{out.name}'")
    for name, node in step.quantities.items():
        if not _TEMPORARY.fullmatch(name):
            known.setdefault(node, name)
    nodes = step.nodes()
    readers = Counter(arg for node in nodes for arg in node.args)
    taken = {leaf.name for leaf in nodes if is_leaf(leaf) and leaf.op != "constant"}
    free = (t for number in count(1) if (t := f"t{number}") not in taken | set(known.values()))
    for node in nodes:
        if node in known or is_leaf(node) or node.op in ("spread", "linear"):
            continue
        if readers[node] > 1 or len(Writer(known).operation(node)) > LONG:
            known[node] = next(free)
    return known
